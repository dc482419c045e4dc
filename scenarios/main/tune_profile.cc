#include "scenarios/main/tune_profile.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "scenarios/main/chain_model.h"

namespace meshtwin {
namespace {

constexpr std::size_t kLevels = kChainPlaces.size() / 2;  // of load: each without and with sidecars
constexpr int kPasses = 3;
constexpr int kSteps = 12;
constexpr double kMost = 200'000;  // ns

double idle_at(std::size_t level) {
  return 1e9 / kChainPlaces[level].rate;
}

double modelled_p50(const CostProfile& profile, const ChainPlace& place) {
  ChainShape shape;
  shape.sidecars = place.sidecars;
  shape.rate = place.rate;
  shape.arrivals = LoadConfig::Arrivals::constant;
  shape.length = static_cast<Duration>(std::clamp(400 / place.rate, 0.3, 5.0) * 1e9);
  return static_cast<double>(model_chain(profile, shape).latency.quantile(0.5));
}

// By how much the modelled medians of these chains are above the measured ones, relative, all together.
double excess(const ChainSet& chains, const CostProfile& profile, const std::vector<std::size_t>& places) {
  double sum = 0;
  for (const std::size_t place : places) {
    const double measured = chains[place].latency_p50;
    if (measured > 0) sum += modelled_p50(profile, kChainPlaces[place]) / measured - 1;
  }
  return sum;
}

// Moves `unknown`, with which the latencies grow, until there is no excess.
void solve(const ChainSet& chains, const CostProfile& profile, const std::vector<std::size_t>& places,
           double& unknown) {
  double low = 0;
  double high = kMost;
  unknown = low;
  if (excess(chains, profile, places) >= 0) return;
  for (int i = 0; i < kSteps; ++i) {
    unknown = (low + std::min(high, 4 * low + 20'000)) / 2;
    (excess(chains, profile, places) > 0 ? high : low) = unknown;
  }
  unknown = std::round(unknown);
}

}  // namespace

void tune_wake_ups(const ChainSet& chains, CostProfile& profile) {
  constexpr std::size_t kBusiest = kLevels - 1;
  profile.wake_up_latency = 0;
  profile.displaced_wake = profile.displaced;
  for (TablePoint& point : profile.displaced_wake) point.value = 0;
  profile.idle_exit.clear();
  for (std::size_t level = kLevels; level-- > 0;) {
    profile.idle_exit.push_back({static_cast<Duration>(idle_at(level)), 0});
  }
  // The busiest level's idle exit is part of every wake-up, and so the latency itself.
  for (int pass = 0; pass < kPasses; ++pass) {
    solve(chains, profile, {kBusiest}, profile.idle_exit.front().value);
    solve(chains, profile, {kBusiest + kLevels}, profile.displaced_wake.back().value);
    for (std::size_t level = kBusiest; level-- > 0;) {
      solve(chains, profile, {level, level + kLevels}, profile.idle_exit[kBusiest - level].value);
    }
  }
}

}  // namespace meshtwin
