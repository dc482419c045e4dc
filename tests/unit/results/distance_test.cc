#include "results/distance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mesh/base/random.h"

namespace meshtwin {
namespace {

using Values = std::vector<Duration>;

TEST(Distance, OfTheSameIsNothing) {
  EXPECT_EQ(wasserstein({1, 2, 3}, {1, 2, 3}), 0);
  EXPECT_EQ(kolmogorov_smirnov({1, 2, 3}, {1, 2, 3}), 0);
  // The same distribution from other sample sizes.
  EXPECT_EQ(wasserstein({1, 2}, {1, 1, 2, 2}), 0);
  EXPECT_EQ(kolmogorov_smirnov({1, 2}, {1, 1, 2, 2}), 0);
}

TEST(Distance, ByHand) {
  // {0, 10} to {0, 20}: half of the mass moves by 10.
  EXPECT_DOUBLE_EQ(wasserstein({0, 10}, {0, 20}), 5);
  EXPECT_DOUBLE_EQ(kolmogorov_smirnov({0, 10}, {0, 20}), 0.5);
  // {1, 2, 3} to {2}: F - G is 1/3 on [1, 2), -1/3 on [2, 3).
  EXPECT_NEAR(wasserstein({1, 2, 3}, {2}), 2.0 / 3, 1e-12);
  EXPECT_NEAR(kolmogorov_smirnov({1, 2, 3}, {2}), 1.0 / 3, 1e-12);
  // Apart altogether.
  EXPECT_DOUBLE_EQ(wasserstein({1, 1}, {4}), 3);
  EXPECT_DOUBLE_EQ(kolmogorov_smirnov({1, 1}, {4}), 1);
  EXPECT_DOUBLE_EQ(wasserstein({4}, {1, 1}), 3);
}

TEST(Distance, OfEquallyManyIsTheMeanOfTheDifferencesInOrder) {
  RandomStream random(5, "distance");
  Values a(200), b(200);
  for (Duration& value : a) value = static_cast<Duration>(random.lognormal(1e6, 0.5));
  for (Duration& value : b) value = static_cast<Duration>(random.lognormal(1.2e6, 0.4));
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(static_cast<double>(a[i] - b[i]));
  EXPECT_NEAR(wasserstein(a, b), sum / 200, 1e-3);
  EXPECT_DOUBLE_EQ(wasserstein(a, b), wasserstein(b, a));
  EXPECT_DOUBLE_EQ(kolmogorov_smirnov(a, b), kolmogorov_smirnov(b, a));
}

TEST(Distance, OfAShiftIsTheShift) {
  Values a, b;
  for (Duration i = 0; i < 1000; ++i) {
    a.push_back(i * i);
    b.push_back(i * i + 12345);
  }
  EXPECT_NEAR(wasserstein(a, b), 12345, 1e-6);
}

// Two samples of one distribution: the 95 % point of Kolmogorov's statistic for 500 against 500 is 1.358 sqrt(2 / 500).
TEST(Distance, OfTwoSamplesOfOneDistributionIsBelowKolmogorovsBound) {
  int above = 0;
  for (std::uint64_t set = 0; set < 400; ++set) {
    RandomStream random(set, "one distribution");
    Values a(500), b(500);
    for (Values* values : {&a, &b}) {
      for (Duration& value : *values) value = static_cast<Duration>(random.exponential(1e9));
      std::sort(values->begin(), values->end());
    }
    above += kolmogorov_smirnov(a, b) > 1.358 * std::sqrt(2.0 / 500) ? 1 : 0;
  }
  EXPECT_NEAR(above / 400.0, 0.045, 0.03);
}

}  // namespace
}  // namespace meshtwin
