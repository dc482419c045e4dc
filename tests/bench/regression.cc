// Is the regression check right? Pairs of sets of simulated runs without any change between them: how often does it say
// that something moved? And with the backend's computation 5 % longer: how often does it find that? Usage:
// bench_regression [PAIRS [RUNS [SEED]]]; exit 1 when there are more than 1 % false alarms, or less than 95 % are
// found.

#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "results/regression.h"
#include "scenarios/main/profiles.h"
#include "scenarios/main/run_one.h"
#include "scenarios/scenario.h"

namespace meshtwin {
namespace {

constexpr const char* kScenario = "tests/prove/regression.yaml";
constexpr const char* kSlower = "services.backend.handler.0.compute.lognormal={median: 2.1ms, sigma: 0.4}";

std::vector<Summary> set_of(int runs, std::int64_t first_seed, bool slower, const CostProfile& profile) {
  std::vector<Summary> set;
  for (int i = 0; i < runs; ++i) {
    LoadOptions options;
    options.seed = first_seed + i;
    if (slower) options.set.emplace_back(kSlower);
    set.push_back(run_one(load_scenario(kScenario, options), WorldKind::sim, profile, {}).summary);
  }
  return set;
}

bool moved(const SetComparison& comparison) {
  for (const FigureChange& figure : comparison.figures) {
    if (figure.change == Change::worse || figure.change == Change::better) return true;
  }
  return false;
}

int bench(int pairs, int runs, std::int64_t seed) {
  const CostProfile profile = reference_profile();
  int false_alarms = 0;
  int found = 0;
  for (int pair = 0; pair < pairs; ++pair) {
    const std::int64_t first = seed + static_cast<std::int64_t>(pair) * 3 * runs;
    const std::vector<Summary> before = set_of(runs, first, false, profile);
    false_alarms += moved(compare_sets(before, set_of(runs, first + runs, false, profile))) ? 1 : 0;
    found += compare_sets(before, set_of(runs, first + 2 * runs, true, profile)).figures[0].change == Change::worse;
  }
  const double alarms = static_cast<double>(false_alarms) / pairs;
  const double power = static_cast<double>(found) / pairs;
  fmt::print("{} pairs of sets of {} runs, seeds from {}\n", pairs, runs, seed);
  fmt::print("no change: {} false alarms ({:.1f} %; at most 1 %)\n", false_alarms, 100 * alarms);
  fmt::print("computation 5 % longer: found as a worse p50 {} times ({:.1f} %; at least 95 %)\n", found, 100 * power);
  return alarms <= 0.01 && power >= 0.95 ? 0 : 1;
}

}  // namespace
}  // namespace meshtwin

int main(int argc, char** argv) {
  const int pairs = argc > 1 ? std::atoi(argv[1]) : 200;
  const int runs = argc > 2 ? std::atoi(argv[2]) : 10;
  return meshtwin::bench(pairs > 0 ? pairs : 1, runs > 1 ? runs : 2, argc > 3 ? std::atoll(argv[3]) : 1);
}
