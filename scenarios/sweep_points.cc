// A sweep's points: the scenario loaded at each of them, and what is wrong with it there.

#include <algorithm>
#include <limits>
#include <tuple>

#include "mesh/resource/reading.h"
#include "mesh/resource/yaml.h"
#include "scenarios/sweep_loading.h"

namespace meshtwin {

namespace {

std::size_t count_points(const SweepLoading& loading) {
  std::size_t count = 1;
  for (const SweepAxis& axis : loading.sweep.axes) {
    count *= std::max<std::size_t>(axis.stops.size(), 1);
    if (count > kSweepPointsMost) break;
  }
  return count;
}

void make_points(SweepLoading& loading, std::size_t count) {
  const auto& axes = loading.sweep.axes;
  std::vector<std::size_t> at(axes.size(), 0);
  for (std::size_t n = 0; n < count; ++n) {
    loading.sweep.points.push_back({at});
    for (std::size_t i = axes.size(); i-- > 0;) {
      if (++at[i] < axes[i].stops.size()) break;
      at[i] = 0;
    }
  }
}

class PointLoader {
 public:
  explicit PointLoader(SweepLoading& loading) : loading_(loading) {}

  void load(Sweep::Point& point) {
    const Sweep& sweep = loading_.sweep;
    try {
      const Scenario scenario = load_scenario_text(sweep.scenario_text, sweep.scenario_file, options_of(sweep, point));
      point.sources = scenario.sources;
      point.duration = scenario.plan.duration;
      note(scenario);
    } catch (const Problems& problems) {
      for (const Problem& problem : problems.all()) say(problem, point);
    }
  }

  std::uint64_t first_seed() const { return seed_; }

 private:
  void note(const Scenario& scenario) {
    for (const std::string& warning : scenario.warnings) {
      if (warnings_.insert(warning).second) loading_.sweep.warnings.push_back(warning);
    }
    if (!any_) seed_ = scenario.plan.seed;
    any_ = true;
    for (const ZonePlan& zone : scenario.plan.zones) loading_.zones.insert(zone.name);
    for (const PodPlan& pod : scenario.plan.pods) {
      if (!pod.service.empty()) loading_.services.insert(pod.service);
      for (const RolePlan& role : pod.roles) loading_.kinds.insert(std::string(kind_of(role.config)));
    }
  }

  // A mistake of a value is one, at however many points it is met; one of the scenario names the first of them.
  void say(const Problem& problem, const Sweep::Point& point) {
    const Place& place = problem.place();
    if (!said_.emplace(place.file, place.line, place.column, problem.what()).second) return;
    const bool here = place.file == loading_.file;
    const std::string where = here || point.at.empty() ? "" : " (with " + words_of(loading_.sweep, point) + ")";
    loading_.problems.add(place, problem.what() + where);
  }

  SweepLoading& loading_;
  std::set<std::tuple<std::string, int, int, std::string>> said_;
  std::set<std::string> warnings_;
  std::uint64_t seed_ = 1;
  bool any_ = false;
};

void load_seeds(SweepLoading& loading, std::uint64_t first) {
  Sweep& sweep = loading.sweep;
  const Node* seeds = loading.root.find("seeds");
  if (seeds == nullptr || seeds->kind == Node::Kind::scalar) {
    const auto count = static_cast<std::uint64_t>(read_integer(&loading.root, "seeds", 1));
    if (seeds != nullptr && count - 1 > std::numeric_limits<std::int64_t>::max() - first)
      loading.problem(*seeds, "found more seeds than there are from " + std::to_string(first) + " on, expected fewer");
    for (std::uint64_t i = 0; i < count; ++i) sweep.seeds.push_back(first + i);
    return;
  }
  for (const Node& seed : seeds->items) {
    const auto value = static_cast<std::uint64_t>(parse_integer(seed.text).value.value_or(0));
    if (std::count(sweep.seeds.begin(), sweep.seeds.end(), value) > 0)
      loading.problem(seed, "found the seed " + seed.text + " a second time, expected each once");
    sweep.seeds.push_back(value);
  }
}

bool read_scenario(SweepLoading& loading) {
  const Node* file = loading.root.find("scenario");
  if (file == nullptr) return false;
  try {
    loading.sweep.scenario_text = read_text_file(loading.sweep.scenario_file, kYamlBytesMost);
    return true;
  } catch (const Problem& problem) {
    loading.problem(*file, problem.text());
    return false;
  }
}

void check_counts(SweepLoading& loading, std::size_t points) {
  const Sweep& sweep = loading.sweep;
  const bool emulated = std::count(sweep.worlds.begin(), sweep.worlds.end(), "emu") > 0;
  const bool modelled = std::count(sweep.worlds.begin(), sweep.worlds.end(), "sim") > 0;
  const std::size_t each = (modelled ? 1 : 0) + (emulated ? static_cast<std::size_t>(sweep.repeats) : 0);
  if (points * sweep.seeds.size() * each > kSweepRunsMost)
    loading.problem(loading.root, "found more than " + std::to_string(kSweepRunsMost) + " runs, expected fewer");
}

}  // namespace

void load_sweep_points(SweepLoading& loading) {
  const bool readable = read_scenario(loading);
  const std::size_t count = count_points(loading);
  if (count > kSweepPointsMost) {
    const Node* vary = loading.root.find("vary");
    loading.problem(vary == nullptr ? loading.root : *vary,
                    "found axes with more than " + std::to_string(kSweepPointsMost) + " points in all, expected fewer");
    return;
  }
  make_points(loading, count);
  PointLoader loader(loading);
  for (Sweep::Point& point : loading.sweep.points) {
    if (!readable || loading.overlapping || loading.problems.full()) break;
    loader.load(point);
  }
  load_seeds(loading, loader.first_seed());
  check_counts(loading, count);
}

}  // namespace meshtwin
