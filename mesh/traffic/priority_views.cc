#include "mesh/traffic/priority_views.h"

#include <utility>

namespace meshtwin {

void PriorityViews::configure(const ClusterConfig& config) {
  panic_threshold_percent_ = config.panic_threshold_percent;
  weighted_by_locality_ = config.weighted_by_locality;
  if (config.weighted_by_locality || !config.zone_aware) {
    zones_ = nullptr;
  } else if (zones_ == nullptr) {
    zones_ = std::make_unique<Zones>(Zones{*config.zone_aware});
  } else {
    zones_->config = *config.zone_aware;
  }
}

void PriorityViews::show(const ClusterAssignment& assignment, RandomStream& random) {
  index_ = &index_of(assignment);
  overprovisioning_factor_ = assignment.overprovisioning_factor;
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
  views.by_locality = nullptr;
  const bool weighted = weighted_by_locality_ && priority.weighted_by_locality;
  const bool by_zone = zones_ != nullptr && priority.localities.size() > 1;
  if (!weighted && !by_zone) return;
  views.by_locality = std::make_unique<ByLocality>();
  for (const LocalityIndex& locality : priority.localities) {
    views.by_locality->healthy.emplace_back(random).show(locality.healthy);
    views.by_locality->degraded.emplace_back(random).show(locality.degraded);
  }
  if (weighted) weigh_localities(priority, *views.by_locality, random);
}

void PriorityViews::weigh_localities(const PriorityIndex& priority, ByLocality& views, RandomStream& random) const {
  std::vector<double> healthy, degraded;
  for (std::size_t l = 0; l < priority.localities.size(); ++l) {
    const LocalityIndex& locality = priority.localities[l];
    healthy.push_back(
        effective_locality_weight(locality.weight, views.healthy[l].size(), locality.total, overprovisioning_factor_));
    degraded.push_back(
        effective_locality_weight(locality.weight, views.degraded[l].size(), locality.total, overprovisioning_factor_));
  }
  views.healthy_picker.set(healthy, random);
  views.degraded_picker.set(degraded, random);
}

void PriorityViews::set_local_cluster(const Locality& own, std::vector<ZoneHosts> zones) {
  if (zones_ == nullptr) return;
  zones_->own = own;
  zones_->local = std::move(zones);
  plan_zones();
}

void PriorityViews::set_ejected(const std::vector<std::uint32_t>& positions, RandomStream& random) {
  const auto priorities = index_->priorities();
  for (std::size_t p = 0; p < priorities.size(); ++p) {
    Views& views = views_[p];
    views.healthy.exclude(positions);
    views.degraded.exclude(positions);
    if (views.by_locality == nullptr) continue;
    for (HostView& view : views.by_locality->healthy) view.exclude(positions);
    for (HostView& view : views.by_locality->degraded) view.exclude(positions);
    if (weighted_by_locality_) weigh_localities(priorities[p], *views.by_locality, random);
  }
  compute_loads();
}

void PriorityViews::compute_loads() {
  std::vector<PriorityHealth> health;
  for (const Views& views : views_) health.push_back({views.healthy.size(), views.degraded.size(), views.all.size()});
  loads_ = priority_loads(health, overprovisioning_factor_, panic_threshold_percent_);
  plan_zones();
}

void PriorityViews::plan_zones() {
  if (zones_ == nullptr) return;
  zones_->plan = {};
  if (views_.empty() || views_[0].by_locality == nullptr) return;
  std::vector<ZoneHosts> upstream;
  const auto& localities = index_->priorities()[0].localities;
  for (std::size_t l = 0; l < localities.size(); ++l) {
    upstream.push_back({*localities[l].locality, views_[0].by_locality->healthy[l].size(), localities[l].total});
  }
  zones_->plan = plan_zone_routing(zones_->own, zones_->local, upstream, zones_->config, panic_threshold_percent_);
}

HostView* PriorityViews::choose(RandomStream& random) {
  if (views_.empty()) return nullptr;
  HostView* view = nullptr;
  if (loads_.healthy[0] == 100 && !loads_.panic[0]) {  // nearly always: no draw needed
    view = in_priority({0, false}, random);
  } else {
    view = in_priority(choose_priority(loads_, static_cast<std::uint32_t>(random.below(100)) + 1), random);
  }
  return view != nullptr && view->size() > 0 ? view : nullptr;
}

HostView* PriorityViews::in_priority(PriorityChoice choice, RandomStream& random) {
  Views& views = views_[choice.priority];
  if (loads_.panic[choice.priority]) {
    return zones_ != nullptr && zones_->config.fail_traffic_on_panic ? nullptr : &views.all;
  }
  HostView* every = choice.degraded ? &views.degraded : &views.healthy;
  if (views.by_locality == nullptr) return every;
  auto& by_locality = choice.degraded ? views.by_locality->degraded : views.by_locality->healthy;
  if (weighted_by_locality_) {
    const auto locality =
        (choice.degraded ? views.by_locality->degraded_picker : views.by_locality->healthy_picker).pick();
    return locality ? &by_locality[*locality] : every;
  }
  if (choice.priority > 0 || zones_->plan.kind == ZonePlan::Kind::anywhere) return every;
  if (!random.chance(zones_->config.routing_enabled_percent / 100)) return every;
  if (zones_->plan.kind == ZonePlan::Kind::nowhere) return nullptr;
  return &by_locality[zones_->plan.choose(random)];
}

}  // namespace meshtwin
