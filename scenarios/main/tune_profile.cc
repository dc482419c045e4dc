#include "scenarios/main/tune_profile.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "scenarios/main/chain_model.h"

namespace meshtwin {
namespace {

constexpr std::size_t kLevels = kChainPlaces.size() / 2;  // of load: each without and with sidecars
constexpr int kPasses = 2;
constexpr int kSteps = 11;
constexpr double kMostLatency = 100'000;  // ns
constexpr double kMostGrowth = 8;         // times the shape that was measured
constexpr double kMostSpread = 1.5;       // of the logarithms, likewise

using Places = std::vector<std::size_t>;

Places places_from(std::size_t first, std::size_t end) {
  Places places;
  for (std::size_t place = first; place < end; ++place) places.push_back(place);
  return places;
}

Histogram modelled(const CostProfile& profile, const ChainPlace& place) {
  ChainShape shape;
  shape.sidecars = place.sidecars;
  shape.rate = place.rate;
  shape.arrivals = LoadConfig::Arrivals::constant;
  shape.length = static_cast<Duration>(std::clamp(400 / place.rate, 0.3, 5.0) * 1e9);
  return std::move(model_chain(profile, shape).latency);
}

double ratio_p50(const ChainFigures& measured, const Histogram& model) {
  return static_cast<double>(model.quantile(0.5)) / measured.latency_p50;
}

double ratio_spread(const ChainFigures& measured, const Histogram& model) {
  const double spread = static_cast<double>(model.quantile(0.9)) / static_cast<double>(model.quantile(0.5));
  return spread / (measured.latency_p90 / measured.latency_p50);
}

// By how much the modelled chains are above the measured ones, relative, all together.
template <typename Ratio>
double excess(const ChainSet& chains, const CostProfile& profile, const Places& places, Ratio&& ratio) {
  double sum = 0;
  for (const std::size_t place : places) {
    if (chains[place].latency_p50 <= 0) continue;
    sum += std::log(ratio(chains[place], modelled(profile, kChainPlaces[place])));
  }
  return sum;
}

// Moves an unknown, with which the excess grows, between 0 and `most` until there is none.
template <typename Ratio, typename Set>
void solve(const ChainSet& chains, const CostProfile& profile, const Places& places, double most, Ratio&& ratio,
           Set&& set) {
  double low = 0;
  double high = most;
  set(low);
  if (excess(chains, profile, places, ratio) >= 0) return;
  for (int i = 0; i < kSteps; ++i) {
    const double middle = (low + high) / 2;
    set(middle);
    (excess(chains, profile, places, ratio) > 0 ? high : low) = middle;
  }
  set(low);
}

std::vector<QuantilePoint> widened(const std::vector<QuantilePoint>& points, double times) {
  std::vector<QuantilePoint> wide = points;
  for (QuantilePoint& point : wide) point.value = std::pow(std::max(point.value, 0.01), times);
  const double mean = mean_of(wide);
  for (QuantilePoint& point : wide) point.value /= mean;
  return wide;
}

}  // namespace

void tune_wake_up(const ChainSet& chains, CostProfile& profile) {
  solve(chains, profile, places_from(0, kChainPlaces.size()), kMostLatency, ratio_p50,
        [&](double ns) { profile.wake_up_latency = std::llround(ns); });
}

void tune_latency(const ChainSet& chains, CostProfile& profile) {
  constexpr std::size_t kBusiest = kLevels - 1;
  const CostProfile shape = profile;
  const auto grow = [&](double times) {
    for (std::size_t i = 0; i < shape.idle_exit.size(); ++i) {
      profile.idle_exit[i].value = std::round(times * shape.idle_exit[i].value);
    }
  };
  const auto spread = [&](double times) {
    profile.turn_spread = widened(shape.turn_spread, times);
    profile.burst_spread = widened(shape.burst_spread, times);
    for (std::size_t level = 0; level < shape.wake_spread.size(); ++level) {
      for (std::size_t i = 0; i < shape.wake_spread[level].ns.size(); ++i) {
        profile.wake_spread[level].ns[i].value = std::round(times * shape.wake_spread[level].ns[i].value);
      }
    }
  };
  for (int pass = 0; pass < kPasses; ++pass) {
    solve(chains, profile, {kBusiest, kBusiest + kLevels}, kMostLatency, ratio_p50,
          [&](double ns) { profile.wake_up_latency = std::llround(ns); });
    Places idle = places_from(0, kBusiest);
    for (const std::size_t place : places_from(kLevels, kLevels + kBusiest)) idle.push_back(place);
    solve(chains, profile, idle, kMostGrowth, ratio_p50, grow);
    if (!shape.turn_spread.empty()) {
      solve(chains, profile, places_from(0, kChainPlaces.size()), kMostSpread, ratio_spread, spread);
    }
  }
}

}  // namespace meshtwin
