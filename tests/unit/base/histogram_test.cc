#include "mesh/base/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "mesh/base/random.h"

namespace meshtwin {
namespace {

std::int64_t exact(const std::vector<std::int64_t>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

constexpr double kShares[] = {0, 0.001, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999, 1};

TEST(Histogram, QuantilesAreWithinATenthOfAPercent) {
  for (const double sigma : {0.1, 0.5, 2.0, 4.0}) {
    RandomStream random(3, "histogram");
    Histogram histogram;
    std::vector<std::int64_t> values;
    double sum = 0;
    for (int i = 0; i < 50'000; ++i) {
      values.push_back(static_cast<std::int64_t>(random.lognormal(3e6, sigma)));
      histogram.add(values.back());
      sum += static_cast<double>(values.back());
    }
    std::sort(values.begin(), values.end());
    for (const double share : kShares) {
      const std::int64_t expected = exact(values, share);
      EXPECT_NEAR(static_cast<double>(histogram.quantile(share)), static_cast<double>(expected),
                  0.001 * static_cast<double>(expected))
          << "share " << share << ", sigma " << sigma;
    }
    EXPECT_EQ(histogram.count(), values.size());
    EXPECT_EQ(histogram.min(), values.front());
    EXPECT_EQ(histogram.max(), values.back());
    EXPECT_NEAR(histogram.mean(), sum / 50'000, 1e-6 * sum / 50'000);
  }
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  std::vector<std::int64_t> values;
  RandomStream random(4, "small");
  for (int i = 0; i < 5000; ++i) {
    values.push_back(static_cast<std::int64_t>(random.below(2048)));
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double share : kShares) EXPECT_EQ(histogram.quantile(share), exact(values, share)) << share;
}

TEST(Histogram, BucketBordersHoldEveryPowerOfTwo) {
  for (int power = 0; power < 63; ++power) {
    for (const std::int64_t off : {-1, 0, 1}) {
      const std::int64_t value = (std::int64_t{1} << power) + off;
      if (value < 0) continue;
      Histogram histogram;
      histogram.add(value);
      EXPECT_EQ(histogram.quantile(0.5), value) << "2^" << power << " + " << off;  // clamped to the extremes seen
      histogram.add(0);
      histogram.add(std::numeric_limits<std::int64_t>::max());
      EXPECT_NEAR(static_cast<double>(histogram.quantile(0.5)), static_cast<double>(value),
                  0.001 * static_cast<double>(value));
    }
  }
}

TEST(Histogram, EmptyAndNegative) {
  Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.quantile(0.5), 0);
  EXPECT_EQ(histogram.mean(), 0);
  histogram.add(5, 0);
  EXPECT_EQ(histogram.count(), 0u);
  histogram.add(-7);
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.quantile(1), 0);
}

TEST(Histogram, MergedIsAsIfAddedToOne) {
  RandomStream random(6, "merge");
  Histogram parts[3];
  Histogram whole;
  for (int i = 0; i < 9000; ++i) {
    const auto value = static_cast<std::int64_t>(random.lognormal(1e5, 3));
    const std::uint64_t count = 1 + random.below(3);
    parts[i % 2].add(value, count);  // the third stays empty
    whole.add(value, count);
  }
  Histogram merged;
  for (const Histogram& part : parts) merged.merge(part);
  EXPECT_EQ(merged.count(), whole.count());
  EXPECT_EQ(merged.min(), whole.min());
  EXPECT_EQ(merged.max(), whole.max());
  EXPECT_DOUBLE_EQ(merged.mean(), whole.mean());
  for (const double share : kShares) EXPECT_EQ(merged.quantile(share), whole.quantile(share)) << share;
}

}  // namespace
}  // namespace meshtwin
