#include "results/bootstrap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace meshtwin {
namespace {

RandomStream stream(std::uint64_t seed = 1) {
  return RandomStream(seed, "test");
}

TEST(Bootstrap, OneRepeatHasNoInterval) {
  EXPECT_FALSE(mean_interval({}, stream()).has_value());
  EXPECT_FALSE(mean_interval({3.0}, stream()).has_value());
}

TEST(Bootstrap, OfEqualValuesIsThatValue) {
  EXPECT_EQ(mean_interval({2, 2, 2, 2}, stream()), (Interval{2, 2}));
  EXPECT_EQ(difference_interval({3, 3, 3}, {1, 1, 1}, stream()), (Interval{2, 2}));
  EXPECT_EQ(relative_interval({3, 3, 3}, {2, 2, 2}, stream()), (Interval{0.5, 0.5}));
}

// Of two repeats, a draw holds the first twice in a quarter of the cases, the second in another: both ends are reached.
TEST(Bootstrap, OfTwoRepeatsReachesFromOneToTheOther) {
  EXPECT_EQ(mean_interval({1, 5}, stream()), (Interval{1, 5}));
}

// 3 values of which one is 1, the others 0: the mean is k/3 with the chances of Binomial(3, 1/3); 3/3 has 1 in 27, so
// 2.5 % lie there and the interval's upper end is 1; 0 has 8 in 27.
TEST(Bootstrap, FollowsTheBinomialWhereItCanBeComputed) {
  EXPECT_EQ(mean_interval({0, 1, 0}, stream()), (Interval{0, 1}));
  // Of ten, one of them 1: P(mean >= 0.3) = 7.0 %, P(mean >= 0.4) = 1.3 %. The upper end is 0.3.
  const auto interval = mean_interval({0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, stream());
  ASSERT_TRUE(interval.has_value());
  EXPECT_NEAR(interval->low, 0, 1e-12);
  EXPECT_NEAR(interval->high, 0.3, 1e-12);
}

TEST(Bootstrap, DrawsWholeRepeatsSoThatWhatVariesTogetherCancels) {
  std::vector<double> real, model;
  RandomStream random = stream();
  for (int i = 0; i < 10; ++i) {
    real.push_back(10 + 5 * random.uniform());  // a host that is now slow, now fast
    model.push_back(1.1 * real.back());
  }
  const auto paired = relative_interval(model, real, stream());
  ASSERT_TRUE(paired.has_value());
  EXPECT_NEAR(paired->low, 0.1, 1e-9);
  EXPECT_NEAR(paired->high, 0.1, 1e-9);
}

TEST(Bootstrap, WithoutAFigureInATenthOfTheDrawsThereIsNone) {
  // The mean of what is real is 0 where every draw is the first: 1 in 4 of two repeats.
  EXPECT_FALSE(relative_interval({1, 1}, {0, 1}, stream()).has_value());
}

TEST(Bootstrap, TheSameSeedGivesTheSameAndTheOrderOfCallsDoesNotMatter) {
  const std::vector<double> values = {1, 4, 2, 8, 5, 7};
  const auto first = mean_interval(values, stream(3));
  mean_interval({1, 2, 3}, stream(4));
  EXPECT_EQ(first, mean_interval(values, stream(3)));
}

// How often the interval of n repeats holds the truth, of 500 sets.
double coverage(std::size_t n, double (*draw)(RandomStream&), double truth) {
  int held = 0;
  for (std::uint64_t set = 0; set < 500; ++set) {
    RandomStream random(set, "coverage");
    std::vector<double> values(n);
    for (double& value : values) value = draw(random);
    const auto interval = mean_interval(values, RandomStream(set, "bootstrap"));
    held += interval && interval->low <= truth && truth <= interval->high ? 1 : 0;
  }
  return held / 500.0;
}

// A percentile bootstrap of few values is narrower than it says, by about sqrt((n - 1) / n) and the lack of Student's
// tails: of a normal distribution, near 0.90 with 10 and 0.94 with 40.
TEST(Bootstrap, HoldsTheTruthAsOftenAsTheoryHasIt) {
  const auto normal = [](RandomStream& random) { return 5 + 2 * random.normal(); };
  EXPECT_NEAR(coverage(10, normal, 5), 0.905, 0.03);
  EXPECT_NEAR(coverage(40, normal, 5), 0.94, 0.025);
  const auto uniform = [](RandomStream& random) { return random.uniform(); };
  EXPECT_NEAR(coverage(20, uniform, 0.5), 0.93, 0.03);
}

// Skewed, as latencies are: worse with few.
TEST(Bootstrap, OfASkewedDistributionHoldsItLessOften) {
  const auto exponential = [](RandomStream& random) { return random.exponential(1); };
  const double few = coverage(10, exponential, 1);
  EXPECT_GT(few, 0.80);
  EXPECT_LT(few, 0.93);
  EXPECT_GT(coverage(60, exponential, 1), 0.90);
}

}  // namespace
}  // namespace meshtwin
