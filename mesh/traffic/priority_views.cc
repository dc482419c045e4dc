#include "mesh/traffic/priority_views.h"

namespace meshtwin {

void PriorityViews::show(const ClusterAssignment& assignment, std::uint32_t panic_threshold_percent,
                         RandomStream& random) {
  index_ = &index_of(assignment);
  overprovisioning_factor_ = assignment.overprovisioning_factor;
  panic_threshold_percent_ = panic_threshold_percent;
  const auto priorities = index_->priorities();
  while (views_.size() > priorities.size()) views_.pop_back();
  while (views_.size() < priorities.size()) views_.emplace_back(random);
  for (std::size_t p = 0; p < priorities.size(); ++p) {
    views_[p].all.show(priorities[p].all);
    views_[p].healthy.show(priorities[p].healthy);
    views_[p].degraded.show(priorities[p].degraded);
    show_localities(priorities[p], views_[p], random);
  }
  compute_loads();
}

void PriorityViews::show_localities(const PriorityIndex& priority, Views& views, RandomStream& random) {
  views.weighted = nullptr;
  if (!priority.weighted_by_locality) return;
  views.weighted = std::make_unique<Weighted>();
  for (const LocalityIndex& locality : priority.localities) {
    views.weighted->healthy.emplace_back(random).show(locality.healthy);
    views.weighted->degraded.emplace_back(random).show(locality.degraded);
  }
  weigh_localities(priority, *views.weighted, random);
}

void PriorityViews::weigh_localities(const PriorityIndex& priority, Weighted& weighted, RandomStream& random) const {
  std::vector<double> healthy, degraded;
  for (std::size_t l = 0; l < priority.localities.size(); ++l) {
    const LocalityIndex& locality = priority.localities[l];
    healthy.push_back(effective_locality_weight(locality.weight, weighted.healthy[l].size(), locality.total,
                                                overprovisioning_factor_));
    degraded.push_back(effective_locality_weight(locality.weight, weighted.degraded[l].size(), locality.total,
                                                 overprovisioning_factor_));
  }
  weighted.healthy_picker.set(healthy, random);
  weighted.degraded_picker.set(degraded, random);
}

void PriorityViews::set_ejected(const std::vector<std::uint32_t>& positions, RandomStream& random) {
  const auto priorities = index_->priorities();
  for (std::size_t p = 0; p < priorities.size(); ++p) {
    Views& views = views_[p];
    views.healthy.exclude(positions);
    views.degraded.exclude(positions);
    if (views.weighted == nullptr) continue;
    for (HostView& view : views.weighted->healthy) view.exclude(positions);
    for (HostView& view : views.weighted->degraded) view.exclude(positions);
    weigh_localities(priorities[p], *views.weighted, random);
  }
  compute_loads();
}

void PriorityViews::set_panic_threshold(std::uint32_t percent) {
  panic_threshold_percent_ = percent;
  compute_loads();
}

void PriorityViews::compute_loads() {
  std::vector<PriorityHealth> health;
  for (const Views& views : views_) health.push_back({views.healthy.size(), views.degraded.size(), views.all.size()});
  loads_ = priority_loads(health, overprovisioning_factor_, panic_threshold_percent_);
}

HostView* PriorityViews::choose(RandomStream& random) {
  if (views_.empty()) return nullptr;
  HostView* view = nullptr;
  if (loads_.healthy[0] == 100 && !loads_.panic[0]) {  // nearly always: no draw needed
    view = in_priority({0, false});
  } else {
    view = in_priority(choose_priority(loads_, static_cast<std::uint32_t>(random.below(100)) + 1));
  }
  return view->size() > 0 ? view : nullptr;
}

HostView* PriorityViews::in_priority(PriorityChoice choice) {
  Views& views = views_[choice.priority];
  if (loads_.panic[choice.priority]) return &views.all;
  if (views.weighted != nullptr) {
    LocalityPicker& picker = choice.degraded ? views.weighted->degraded_picker : views.weighted->healthy_picker;
    if (const auto locality = picker.pick()) {
      return &(choice.degraded ? views.weighted->degraded : views.weighted->healthy)[*locality];
    }
  }
  return choice.degraded ? &views.degraded : &views.healthy;
}

}  // namespace meshtwin
