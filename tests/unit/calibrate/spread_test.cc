// How turns and wake-ups spread, from counts that are made up: what is known to have made them must come out.

#include <gtest/gtest.h>

#include <cmath>

#include "emu/calibrate/derive.h"
#include "mesh/base/random.h"

namespace meshtwin {
namespace {

constexpr double kSingle = 0.5;  // deviation of the logarithm of one turn

// Turns whose logarithm has the deviation kSingle, wake-ups spread evenly over 0..20 us round 30 us, and chains whose
// latency spreads as it would if turns shared `shared` of their variance.
Measurements spread_measurements(double shared) {
  Measurements measured{};
  RandomStream random(1, "spread");
  for (ChainFigures& chain : measured.chains) {
    const double variance = kSingle * kSingle * (shared + (1 - shared) / 7);
    chain.latency_p50 = 200'000;
    chain.latency_p90 = 200'000 * std::exp(1.2816 * std::sqrt(variance));
    for (int i = 0; i < 20'000; ++i) {
      const double turn = random.lognormal(20'000, kSingle);
      ++chain.roles[static_cast<std::size_t>(ChainRole::workload)].turns[bucket_of(static_cast<Duration>(turn))];
      const double wake = 20'000 + 20'000 * random.uniform();
      ++chain.roles[static_cast<std::size_t>(ChainRole::load)].hops[bucket_of(static_cast<Duration>(wake))];
    }
  }
  return measured;
}

double log_deviation(const std::vector<QuantilePoint>& points) {
  return std::log(quantile_at(points, 1, 0.9) / quantile_at(points, 1, 0.5)) / 1.2816;
}

TEST(DeriveSpread, PartsWhatTurnsShareFromWhatIsTheirOwn) {
  for (const double shared : {0.0, 0.3, 0.8}) {
    SCOPED_TRACE(shared);
    CostProfile profile;
    derive_spread(spread_measurements(shared), profile);
    EXPECT_NEAR(mean_of(profile.turn_spread), 1, 1e-9);
    EXPECT_NEAR(mean_of(profile.burst_spread), 1, 1e-9);
    EXPECT_NEAR(log_deviation(profile.turn_spread), kSingle * std::sqrt(1 - shared), 0.1);
    EXPECT_NEAR(log_deviation(profile.burst_spread), kSingle * std::sqrt(shared), 0.1);
  }
}

TEST(DeriveSpread, WakeUpsLieRoundTheirMedian) {
  CostProfile profile;
  derive_spread(spread_measurements(0.5), profile);
  ASSERT_EQ(profile.wake_spread.size(), kChainPlaces.size() / 2);
  Duration before = 0;
  for (const WakeSpread& spread : profile.wake_spread) {
    EXPECT_GT(spread.idle, before);
    before = spread.idle;
    EXPECT_NEAR(quantile_at(spread.ns, 0, 0.5), 0, 2000);
    EXPECT_NEAR(quantile_at(spread.ns, 0, 0.9), 8000, 2500);
    EXPECT_NEAR(quantile_at(spread.ns, 0, 0.1), -8000, 2500);
  }
}

TEST(DeriveSpread, OfNothingIsNone) {
  CostProfile profile;
  derive_spread(Measurements{}, profile);
  EXPECT_TRUE(profile.turn_spread.empty());
  EXPECT_TRUE(profile.burst_spread.empty());
  EXPECT_TRUE(profile.wake_spread.empty());
}

}  // namespace
}  // namespace meshtwin
