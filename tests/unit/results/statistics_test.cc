#include "results/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "mesh/base/random.h"
#include "results/regression.h"
#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

TEST(MannWhitney, IsExactForSmallSamples) {
  // All of one below all of the other: 2 / binomial(n + m, n).
  EXPECT_NEAR(mann_whitney_p({1, 2, 3}, {4, 5, 6}), 2.0 / 20, 1e-12);
  EXPECT_NEAR(mann_whitney_p({4, 5, 6}, {1, 2, 3}), 2.0 / 20, 1e-12);
  EXPECT_NEAR(mann_whitney_p({1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}), 2.0 / 252, 1e-12);
  // U = 4 of 9: by hand, 7 of the 20 arrangements have U <= 4 from below… and as many from above.
  EXPECT_NEAR(mann_whitney_p({1, 4, 5}, {2, 3, 6}), 1.0, 1e-12);
  // From the tables for n = 5, m = 6: U = 3 has p = 0.030 (two-sided).
  EXPECT_NEAR(mann_whitney_p({1, 2, 3, 5, 7}, {4, 6, 8, 9, 10, 11}), 0.0303, 0.0001);
}

TEST(MannWhitney, EqualValuesAreNoDifference) {
  EXPECT_EQ(mann_whitney_p({1, 1, 1}, {1, 1, 1}), 1);
  EXPECT_EQ(mann_whitney_p({}, {1}), 1);
  EXPECT_GT(mann_whitney_p({1, 1, 2, 2}, {1, 2, 1, 2}), 0.9);
  EXPECT_LT(mann_whitney_p({1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {2, 2, 2, 2, 2, 2, 2, 2, 2, 2}), 0.001);
}

TEST(MannWhitney, TheApproximationIsNearTheExactValue) {
  RandomStream random(3, "samples");
  for (int round = 0; round < 50; ++round) {
    std::vector<double> a, b;
    for (int i = 0; i < 20; ++i) {
      a.push_back(random.uniform());
      b.push_back(random.uniform() + 0.02 * round / 5);
    }
    const double exact = mann_whitney_p(a, b);
    std::vector<double> longer_a = a, longer_b = b;  // one equal pair: the approximation
    longer_a.push_back(0.5);
    longer_b.push_back(0.5);
    EXPECT_NEAR(mann_whitney_p(longer_a, longer_b), exact, 0.08) << round;
  }
}

TEST(MannWhitney, LeastIsWhatTheGreatestDifferenceGives) {
  EXPECT_NEAR(least_mann_whitney_p(3, 3), mann_whitney_p({1, 2, 3}, {4, 5, 6}), 1e-12);
  EXPECT_NEAR(least_mann_whitney_p(10, 10), 2.0 / 184756, 1e-12);
  EXPECT_EQ(least_mann_whitney_p(1, 1), 1);
}

TEST(Wilcoxon, IsExactForFewPairs) {
  // Five pairs that all rise: 1 of 32 on either side.
  EXPECT_NEAR(wilcoxon_p({1, 2, 3, 4, 5}, {2, 4, 6, 8, 10}), 2.0 / 32, 1e-12);
  EXPECT_NEAR(wilcoxon_p({2, 4, 6, 8, 10}, {1, 2, 3, 4, 5}), 2.0 / 32, 1e-12);
  // Differences +1 +2 -3: the ranks above zero sum up to 3 of 6, the middle: of the 8 ways 5 have at most that.
  EXPECT_NEAR(wilcoxon_p({0, 0, 0}, {1, 2, -3}), 1.0, 1e-12);
  // +1 -2 +3 +4 +5: below zero is rank 2 alone; sums 0, 1, 2 have 1, 1 and 1 of the 32 ways.
  EXPECT_NEAR(wilcoxon_p({0, 0, 0, 0, 0}, {1, -2, 3, 4, 5}), 2.0 * 3 / 32, 1e-12);
}

TEST(Wilcoxon, LeavesOutPairsWithoutADifference) {
  EXPECT_EQ(wilcoxon_p({1, 2, 3}, {1, 2, 3}), 1);
  EXPECT_EQ(wilcoxon_p({}, {}), 1);
  EXPECT_NEAR(wilcoxon_p({1, 2, 3, 4, 5, 9}, {2, 4, 6, 8, 10, 9}), 2.0 / 32, 1e-12);
}

// Equal sizes share their ranks. +1 -1 +1 +1: all have rank 2.5, 7.5 above of 10; variance 4 5 9 / 24 - (64 - 4) / 48 =
// 6.25; (2.5 - 0.5) / 2.5 = 0.8 deviations.
TEST(Wilcoxon, EqualSizesAreApproximated) {
  EXPECT_NEAR(wilcoxon_p({0, 0, 0, 0}, {1, -1, 1, 1}), std::erfc(0.8 / std::sqrt(2.0)), 1e-12);
}

TEST(Wilcoxon, LeastIsWhatTheGreatestDifferenceGives) {
  EXPECT_NEAR(least_wilcoxon_p(5), 2.0 / 32, 1e-12);
  EXPECT_EQ(least_wilcoxon_p(0), 1);
  EXPECT_EQ(least_wilcoxon_p(1), 1);
}

// Without a difference a level of 5 % is reached in 5 % of the cases.
TEST(Wilcoxon, RaisesAsManyFalseAlarmsAsItSays) {
  int alarms = 0;
  for (std::uint64_t round = 0; round < 2000; ++round) {
    RandomStream random(round, "signed ranks");
    std::vector<double> a, b;
    for (int i = 0; i < 12; ++i) {
      const double host = 10 * random.uniform();  // common to both
      a.push_back(host + random.exponential(1));
      b.push_back(host + random.exponential(1));
    }
    alarms += wilcoxon_p(a, b) <= 0.05 ? 1 : 0;
  }
  EXPECT_NEAR(alarms / 2000.0, 0.05, 0.012);
}

TEST(AbsoluteShift, IsTheMedianDifferenceOfAllPairs) {
  // 3-1 4-1 8-1 3-2 4-2 8-2: 1 2 2 3 6 7.
  EXPECT_NEAR(absolute_shift({1, 2}, {3, 4, 8}).estimate, 2.5, 1e-12);
  EXPECT_NEAR(absolute_shift({-1, -1, -1}, {1, 1, 1}).estimate, 2, 1e-12);
}

TEST(PairedShift, IsTheMedianOfTheMeansOfTwo) {
  // Differences 1, 2, 6: means 1 1.5 3.5 2 4 6, of which the middle two are 2 and 3.5.
  EXPECT_NEAR(paired_shift({0, 0, 0}, {1, 2, 6}).estimate, 2.75, 1e-12);
  EXPECT_NEAR(paired_relative_shift({10, 20, 30}, {11, 22, 33}).estimate, 0.1, 1e-12);
  EXPECT_EQ(paired_relative_shift({0, 1}, {1, 2}).estimate, 0) << "nothing where what was is not above zero";
}

TEST(PairedShift, ItsIntervalHoldsTheTruthAsOftenAsItSays) {
  int held = 0;
  for (std::uint64_t round = 0; round < 1000; ++round) {
    RandomStream random(round, "paired shift");
    std::vector<double> a, b;
    for (int i = 0; i < 15; ++i) {
      a.push_back(100 * random.uniform());
      b.push_back(a.back() + 3 + random.normal());
    }
    const Shift shift = paired_shift(a, b);
    held += shift.low <= 3 && 3 <= shift.high ? 1 : 0;
  }
  EXPECT_NEAR(held / 1000.0, 0.95, 0.03);
}

TEST(Holm, StepsDown) {
  EXPECT_THAT(holm_adjusted({0.01, 0.04, 0.03}),
              ElementsAre(DoubleNear(0.03, 1e-12), DoubleNear(0.06, 1e-12), DoubleNear(0.06, 1e-12)));
  EXPECT_THAT(holm_adjusted({0.9, 0.8}), ElementsAre(1, 1));
  EXPECT_THAT(holm_adjusted({}), ElementsAre());
}

TEST(Effect, IsHowMuchMoreOftenOneIsAbove) {
  EXPECT_EQ(cliffs_delta({1, 2}, {3, 4}), 1);
  EXPECT_EQ(cliffs_delta({3, 4}, {1, 2}), -1);
  EXPECT_EQ(cliffs_delta({1, 2}, {1, 2}), 0);
}

TEST(RelativeShift, IsTheMedianOfThePairs) {
  const Shift shift = relative_shift({10, 10, 10, 10, 10}, {11, 11, 11, 11, 11});
  EXPECT_NEAR(shift.estimate, 0.1, 1e-12);
  EXPECT_NEAR(shift.low, 0.1, 1e-12);
  EXPECT_NEAR(shift.high, 0.1, 1e-12);
}

TEST(RelativeShift, ItsIntervalHoldsTheTruthAsOftenAsItSays) {
  RandomStream random(5, "shift");
  int held = 0;
  constexpr int kRounds = 1000;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> a, b;
    for (int i = 0; i < 10; ++i) {
      a.push_back(100 + 10 * random.uniform());
      b.push_back(1.05 * (100 + 10 * random.uniform()));
    }
    const Shift shift = relative_shift(a, b);
    held += shift.low <= 0.05 && 0.05 <= shift.high ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(held) / kRounds, 0.95, 0.025);
}

std::vector<Summary> runs_with_p50(const std::vector<double>& p50) {
  std::vector<Summary> runs;
  for (const double value : p50) {
    Summary run;
    run.latency.count = run.requests.sent = run.requests.ok = 100;
    run.latency.p50 = static_cast<Duration>(value * 1e6);
    run.latency.p90 = run.latency.p99 = 2 * run.latency.p50;
    runs.push_back(run);
  }
  return runs;
}

TEST(CompareSets, FindsWhatIsWorseAndWhatIsBetter) {
  const std::vector<double> before = {5, 5.01, 5.02, 5.03, 5.04, 5.05, 5.06, 5.07};
  std::vector<double> after;
  for (const double value : before) after.push_back(value * 1.05);
  const SetComparison worse = compare_sets(runs_with_p50(before), runs_with_p50(after));
  EXPECT_TRUE(worse.worse());
  EXPECT_EQ(worse.figures[0].change, Change::worse);
  EXPECT_NEAR(worse.figures[0].shift.estimate, 0.05, 0.01);
  EXPECT_EQ(worse.figures[3].change, Change::none);  // success rate
  const SetComparison better = compare_sets(runs_with_p50(after), runs_with_p50(before));
  EXPECT_FALSE(better.worse());
  EXPECT_EQ(better.figures[0].change, Change::better);
}

TEST(CompareSets, ALowerSuccessRateIsWorse) {
  std::vector<Summary> before = runs_with_p50({1, 2, 3, 4, 5, 6, 7, 8});
  std::vector<Summary> after = before;
  for (std::size_t i = 0; i < after.size(); ++i) after[i].requests.ok = 90 + i % 2;
  const SetComparison found = compare_sets(before, after);
  EXPECT_EQ(found.figures[3].change, Change::worse);
  EXPECT_EQ(found.figures[0].change, Change::none);
}

TEST(CompareSets, SaysWhenThereAreTooFewRuns) {
  const SetComparison found = compare_sets(runs_with_p50({5, 5.1}), runs_with_p50({50, 51}));
  EXPECT_FALSE(found.worse());
  EXPECT_EQ(found.figures[0].change, Change::unclear);
  EXPECT_EQ(found.runs_needed, 7u);
  EXPECT_EQ(compare_sets(runs_with_p50({1, 2, 3, 4, 5, 6, 7}), runs_with_p50({1, 2, 3, 4, 5, 6, 7})).runs_needed, 0u);
}

// Seeds whose latencies lie far apart, and a change of 2 % in each: only seed by seed is it sure.
TEST(CompareSets, SimulatedRunsOfEqualSeedsAreHeldAgainstEachOtherSeedBySeed) {
  std::vector<double> before, after;
  for (int i = 0; i < 14; ++i) {
    before.push_back(5 + i);
    after.push_back((5 + i) * 1.02);
  }
  std::vector<Summary> then = runs_with_p50(before);
  std::vector<Summary> now = runs_with_p50(after);
  EXPECT_FALSE(compare_sets(then, now).worse());
  for (std::size_t i = 0; i < then.size(); ++i) {
    then[i].world = now[i].world = "sim";
    then[i].seed = now[i].seed = i + 1;
  }
  const SetComparison found = compare_sets(then, now);
  EXPECT_TRUE(found.paired);
  EXPECT_EQ(found.figures[0].change, Change::worse);
  EXPECT_NEAR(found.figures[0].shift.estimate, 0.02, 1e-4);
  EXPECT_FALSE(compare_sets(then, then).worse());
  EXPECT_EQ(compare_sets(now, then).figures[0].change, Change::better);
  now[3].seed = 99;
  EXPECT_FALSE(compare_sets(then, now).paired);
  then.resize(8);
  now = then;
  EXPECT_FALSE(compare_sets(then, now).paired) << "of eight pairs the signed-rank test could never be sure";
  EXPECT_EQ(compare_sets(then, now).runs_needed, 0u);
}

TEST(CompareSets, WhatIsSureAndTinyIsNotNamed) {
  std::vector<double> before, after;
  for (int i = 0; i < 12; ++i) {
    before.push_back(5 + 0.0001 * i);
    after.push_back(5.01 + 0.0001 * i);
  }
  const SetComparison found = compare_sets(runs_with_p50(before), runs_with_p50(after));
  EXPECT_LT(found.figures[0].p_value, 0.001);
  EXPECT_EQ(found.figures[0].change, Change::none);
}

}  // namespace
}  // namespace meshtwin
