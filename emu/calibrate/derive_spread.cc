// How far single turns and single wake-ups lie from what is usual, by the roles that do the same for every request: the
// workload, which has one turn, and the load generator, which is woken by one message. Both kinds of chain count.

#include <algorithm>
#include <cmath>
#include <vector>

#include "emu/calibrate/derive.h"

namespace meshtwin {
namespace {

constexpr double kShares[] = {0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999};
constexpr std::size_t kLevels = kChainPlaces.size() / 2;  // of load, with and without sidecars

// How often, and by how much of what is usual or by how many ns more than that.
struct Sample {
  double value = 0;
  double weight = 0;
};

double total_of(const TimeCounts& counts) {
  double sum = 0;
  for (const std::uint32_t count : counts) sum += count;
  return sum;
}

double mean_of_counts(const TimeCounts& counts) {
  double sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) sum += counts[i] * middle_of(i);
  return sum / total_of(counts);
}

double median_of_counts(const TimeCounts& counts) {
  double left = total_of(counts) / 2;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    left -= counts[i];
    if (left <= 0) return middle_of(i);
  }
  return 0;
}

// Each chain counts alike, however many requests it had.
template <typename Value>
void add_samples(std::vector<Sample>& samples, const TimeCounts& counts, Value&& value) {
  const double total = total_of(counts);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) samples.push_back({value(middle_of(i)), counts[i] / total});
  }
}

std::vector<QuantilePoint> quantiles_of(std::vector<Sample> samples) {
  std::vector<QuantilePoint> points;
  if (samples.empty()) return points;
  std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) { return a.value < b.value; });
  double total = 0;
  for (const Sample& sample : samples) total += sample.weight;
  double passed = 0;
  std::size_t at = 0;
  for (const double share : kShares) {
    while (at + 1 < samples.size() && passed + samples[at].weight < share * total) passed += samples[at++].weight;
    points.push_back({share, samples[at].value});
  }
  return points;
}

// How much of the turns' spread all turns of a burst share: what a whole chain's latency spreads more than the mean of
// so many turns of their own would. By the logarithms' deviations, taken from the medians and the upper tenths.
double shared_part(const Measurements& measured, const std::vector<QuantilePoint>& turns) {
  constexpr double kTurnsOfChain = 7;
  constexpr double kUpperTenth = 1.2816;  // deviations of a normal distribution
  const double single = std::log(quantile_at(turns, 1, 0.9) / quantile_at(turns, 1, 0.5)) / kUpperTenth;
  double whole = 0;
  for (std::size_t place = kLevels; place < kChainPlaces.size(); ++place) {
    const ChainFigures& chain = measured.chains[place];
    if (chain.latency_p50 <= 0) return 0;
    whole += std::log(chain.latency_p90 / chain.latency_p50) / kUpperTenth / kLevels;
  }
  const double variance = single * single;
  if (variance <= 0) return 0;
  return std::clamp((whole * whole - variance / kTurnsOfChain) / (variance * (1 - 1 / kTurnsOfChain)), 0.0, 1.0);
}

// The distribution whose logarithm spreads `times` as far; its mean is 1.
std::vector<QuantilePoint> spread_by(std::vector<QuantilePoint> points, double times) {
  for (QuantilePoint& point : points) point.value = std::pow(std::max(point.value, 0.01), times);
  const double mean = mean_of(points);
  for (QuantilePoint& point : points) point.value /= mean;
  return points;
}

}  // namespace

void derive_spread(const Measurements& measured, CostProfile& profile) {
  std::vector<Sample> turns;
  profile.wake_spread.clear();
  for (std::size_t level = kLevels; level-- > 0;) {
    std::vector<Sample> wakes;
    for (const std::size_t place : {level, level + kLevels}) {
      const auto& roles = measured.chains[place].roles;
      const TimeCounts& worked = roles[static_cast<std::size_t>(ChainRole::workload)].turns;
      const TimeCounts& woken = roles[static_cast<std::size_t>(ChainRole::load)].hops;
      if (const double usual = total_of(worked) > 0 ? mean_of_counts(worked) : 0; usual > 0) {
        add_samples(turns, worked, [usual](double time) { return time / usual; });
      }
      if (total_of(woken) == 0) continue;
      const double usual = median_of_counts(woken);
      add_samples(wakes, woken, [usual](double time) { return time - usual; });
    }
    const auto idle = static_cast<Duration>(1e9 / kChainPlaces[level].rate);
    if (!wakes.empty()) profile.wake_spread.push_back({idle, quantiles_of(std::move(wakes))});
  }
  const std::vector<QuantilePoint> spread = quantiles_of(std::move(turns));
  profile.turn_spread.clear();
  profile.burst_spread.clear();
  if (spread.empty()) return;
  const double shared = shared_part(measured, spread);
  profile.turn_spread = spread_by(spread, std::sqrt(1 - shared));
  profile.burst_spread = spread_by(spread, std::sqrt(shared));
}

}  // namespace meshtwin
