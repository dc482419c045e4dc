#include "mesh/traffic/token_bucket.h"

#include <gtest/gtest.h>

namespace meshtwin {
namespace {

int taken(TokenBucket& bucket, Time now, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += bucket.take(now) ? 1 : 0;
  return count;
}

TEST(TokenBucket, FillsByIntervalsUpToItsMost) {
  TokenBucket bucket(10, 4, kSecond);
  constexpr Time kFirst = 123 * kMillisecond;
  EXPECT_EQ(taken(bucket, kFirst, 20), 10) << "full at first";
  EXPECT_EQ(taken(bucket, kFirst + kSecond - 1, 20), 0) << "not before the interval is over";
  EXPECT_EQ(taken(bucket, kFirst + kSecond, 20), 4);
  EXPECT_EQ(taken(bucket, kFirst + 3 * kSecond + kSecond / 2, 20), 8);
  EXPECT_EQ(taken(bucket, kFirst + 4 * kSecond, 20), 4) << "intervals stay where they began";
  EXPECT_EQ(taken(bucket, kFirst + 100 * kSecond, 20), 10);
}

}  // namespace
}  // namespace meshtwin
