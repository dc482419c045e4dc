// The scheduling of one direction, with times made by hand: no clock, no packet.

#include "emu/link/link_direction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace meshtwin {
namespace {

using ::testing::ElementsAre;

constexpr std::uint32_t kHeaders = 66;
constexpr std::uint32_t kSegment = 1448;

FrameLayout small_frame(std::uint32_t bytes) {
  return {0, bytes, bytes, 1};
}
FrameLayout large_frame(std::uint32_t segments) {
  return {kHeaders, segments * kSegment, kSegment, segments};
}

LinkDirection direction(const LinkShape& shape, std::uint64_t seed = 1) {
  return {shape, RandomStream(seed, "test")};
}

std::vector<Release> arrive(LinkDirection& link, Time now, const FrameLayout& frame) {
  std::vector<Release> out;
  link.arrive(now, frame, out);
  return out;
}

MATCHER_P3(Leaves, due, first, count, "") {
  return arg == Release{due, first, count};
}

TEST(LinkDirection, DelaysByHalfTheRoundTrip) {
  LinkDirection link = direction({.rtt = 2 * kMillisecond});
  EXPECT_THAT(arrive(link, 500, small_frame(100)), ElementsAre(Leaves(500 + kMillisecond, 0u, 1u)));
}

TEST(LinkDirection, SerialisesWireBytesOneSegmentAfterAnother) {
  LinkDirection link = direction({.bandwidth_bps = 10'000'000});  // 1514 bytes: 1,211,200 ns
  EXPECT_THAT(arrive(link, 0, small_frame(1514)), ElementsAre(Leaves(1'211'200, 0u, 1u)));
  EXPECT_THAT(arrive(link, 1000, small_frame(1514)), ElementsAre(Leaves(2 * 1'211'200, 0u, 1u)));
  // After an idle time the clock starts at the arrival, not in the past.
  EXPECT_THAT(arrive(link, 5'000'000, small_frame(1514)), ElementsAre(Leaves(6'211'200, 0u, 1u)));
}

TEST(LinkDirection, LosesNoFractionOfANanosecond) {
  LinkDirection link = direction({.bandwidth_bps = 7'000'000'000});  // 1514 bytes: 1730 2/7 ns
  Time last = 0;
  for (int i = 0; i < 700; ++i) last = arrive(link, 0, small_frame(1514)).at(0).due;
  EXPECT_EQ(last, 1514 * 8 * 100);
}

TEST(LinkDirection, CutsALargeSegmentSoThatNoneWaitsLongForTheNext) {
  // At 1 Gbit a full segment takes 12,112 ns; eight fit in kBurst.
  LinkDirection link = direction({.bandwidth_bps = 1'000'000'000});
  EXPECT_THAT(arrive(link, 0, large_frame(20)),
              ElementsAre(Leaves(8 * 12'112, 0u, 8u), Leaves(16 * 12'112, 8u, 8u), Leaves(20 * 12'112, 16u, 4u)));
}

TEST(LinkDirection, PassesALargeSegmentWholeWhereBandwidthIsUnlimited) {
  LinkDirection link = direction({.rtt = 100});
  EXPECT_THAT(arrive(link, 7, large_frame(44)), ElementsAre(Leaves(57, 0u, 44u)));
}

TEST(LinkDirection, CountsHeadersForEverySegmentAndTheLastAtItsOwnLength) {
  LinkDirection link = direction({.bandwidth_bps = 8'000'000'000});  // a byte a nanosecond
  FrameLayout frame = large_frame(2);
  frame.payload -= 448;
  EXPECT_THAT(arrive(link, 0, frame), ElementsAre(Leaves(66 + 1448 + 66 + 1000, 0u, 2u)));
}

TEST(LinkDirection, JitterStaysInItsRangeAndKeepsOrder) {
  constexpr Duration kJitter = 100 * kMicrosecond;
  LinkDirection link = direction({.rtt = 2 * kMillisecond, .jitter = kJitter});
  Time last = 0;
  Duration least = kJitter, most = 0;
  for (Time now = 0; now < kSecond; now += kMillisecond) {  // further apart than the jitter: order costs nothing
    const Time due = arrive(link, now, small_frame(100)).at(0).due;
    const Duration extra = due - now - kMillisecond;
    ASSERT_GE(extra, 0);
    ASSERT_LT(extra, kJitter);
    least = std::min(least, extra);
    most = std::max(most, extra);
  }
  EXPECT_LT(least, kJitter / 20) << "of 1000 draws none near 0";
  EXPECT_GT(most, kJitter - kJitter / 20) << "of 1000 draws none near the end of the range";
  bool held_back = false;
  for (Time now = 2 * kSecond; now < 2 * kSecond + kMillisecond; now += kMicrosecond) {
    const Time due = arrive(link, now, small_frame(100)).at(0).due;
    ASSERT_GE(due, last);
    held_back |= due == last;
    last = due;
  }
  EXPECT_TRUE(held_back) << "1000 packets 1 us apart with 100 us of jitter, and none had to wait for the one before";
}

// Lost is 5 standard deviations at most from the expected number.
void expect_binomial(std::uint64_t lost, std::uint64_t arrived, double share) {
  const double expected = static_cast<double>(arrived) * share;
  EXPECT_NEAR(static_cast<double>(lost), expected, 5 * std::sqrt(expected * (1 - share)));
}

TEST(LinkDirection, DrawsLossForEachSegmentInsideALargeOne) {
  LinkDirection link = direction({.loss = 0.01});
  std::uint64_t passed = 0, pieces = 0;
  for (int i = 0; i < 2000; ++i) {
    std::uint32_t next = 0;
    for (const Release& r : arrive(link, i, large_frame(40))) {
      ASSERT_GE(r.first, next) << "runs overlap";
      ASSERT_LE(r.first + r.count, 40u);
      next = r.first + r.count;
      passed += r.count;
      ++pieces;
    }
  }
  EXPECT_EQ(link.counts().arrived, 80'000u);
  EXPECT_EQ(link.counts().lost, 80'000 - passed);
  expect_binomial(link.counts().lost, 80'000, 0.01);
  EXPECT_GT(pieces, 2400u) << "losing a segment must leave those on both sides of it";
}

TEST(LinkDirection, TheSameSeedLosesTheSameSegmentsWhateverTheJitter) {
  LinkDirection plain = direction({.loss = 0.2}, 9);
  LinkDirection jittery = direction({.jitter = kMillisecond, .loss = 0.2}, 9);
  LinkDirection other = direction({.loss = 0.2}, 10);
  std::string plain_text, jittery_text, other_text;
  for (int i = 0; i < 200; ++i) {
    plain_text += arrive(plain, i, small_frame(100)).empty() ? 'x' : '.';
    jittery_text += arrive(jittery, i, small_frame(100)).empty() ? 'x' : '.';
    other_text += arrive(other, i, small_frame(100)).empty() ? 'x' : '.';
  }
  EXPECT_EQ(plain_text, jittery_text);
  EXPECT_NE(plain_text, other_text);
}

TEST(LinkDirection, ALostSegmentHasTakenItsTimeOnTheWire) {
  LinkDirection link = direction({.loss = 1, .bandwidth_bps = 10'000'000});
  EXPECT_TRUE(arrive(link, 0, small_frame(1514)).empty());
  link.shape({.bandwidth_bps = 10'000'000});
  EXPECT_THAT(arrive(link, 0, small_frame(1514)), ElementsAre(Leaves(2 * 1'211'200, 0u, 1u)));
}

TEST(LinkDirection, DropsWhatTheQueueHasNoRoomFor) {
  LinkDirection link = direction({.bandwidth_bps = 10'000'000});
  EXPECT_EQ(link.queue_limit_bytes(), 1'000'000);
  std::uint64_t passed = 0;
  for (int i = 0; i < 1000; ++i) passed += arrive(link, 0, small_frame(1000)).size();
  EXPECT_EQ(passed, 1000u);
  EXPECT_TRUE(arrive(link, 0, small_frame(1000)).empty());
  EXPECT_EQ(link.counts().dropped, 1u);
  EXPECT_EQ(link.counts().lost, 1u);
  // 800 us later one packet has gone, so there is room for one.
  EXPECT_EQ(arrive(link, 800 * kMicrosecond, small_frame(1000)).size(), 1u);
  EXPECT_TRUE(arrive(link, 800 * kMicrosecond, small_frame(1000)).empty());
}

struct QueueRow {
  std::int64_t bps;
  Duration rtt;
  std::int64_t bytes;
};

TEST(LinkDirection, HoldsABandwidthDelayProductWithinBounds) {
  for (const QueueRow& row : {QueueRow{10'000'000, 0, 1'000'000},
                              {1'000'000'000, 2 * kMillisecond, 12'500'000},
                              {100'000'000, kSecond, 12'500'000},
                              {10'000'000'000, kSecond, 15'140'000}}) {
    EXPECT_EQ(direction({.rtt = row.rtt, .bandwidth_bps = row.bps}).queue_limit_bytes(), row.bytes)
        << row.bps << " bit/s, " << row.rtt << " ns";
  }
}

TEST(LinkDirection, AShapeHoldsFromThenOnAndOvertakesNothing) {
  LinkDirection link = direction({.rtt = 100 * kMillisecond});
  EXPECT_EQ(arrive(link, 0, small_frame(100)).at(0).due, 50 * kMillisecond);
  link.shape({.rtt = 2 * kMillisecond});
  EXPECT_EQ(arrive(link, 10 * kMillisecond, small_frame(100)).at(0).due, 50 * kMillisecond) << "must not overtake";
  EXPECT_EQ(arrive(link, 60 * kMillisecond, small_frame(100)).at(0).due, 61 * kMillisecond);
  link.shape({.bandwidth_bps = 10'000'000});
  EXPECT_EQ(arrive(link, 70 * kMillisecond, small_frame(1514)).at(0).due, 70 * kMillisecond + 1'211'200);
  link.shape({});
  EXPECT_EQ(arrive(link, 80 * kMillisecond, small_frame(1514)).at(0).due, 80 * kMillisecond);
}

TEST(LinkDirection, ACutLosesEverythingAndForgetsTheQueue) {
  LinkDirection link = direction({.bandwidth_bps = 10'000'000});
  for (int i = 0; i < 100; ++i) arrive(link, 0, small_frame(1514));
  link.cut();
  EXPECT_TRUE(arrive(link, 1000, large_frame(3)).empty());
  EXPECT_EQ(link.counts().lost, 3u);
  EXPECT_EQ(link.counts().dropped, 0u);
  link.restore();
  EXPECT_EQ(arrive(link, 2000, small_frame(1514)).size(), 1u);
}

TEST(LinkDirection, AfterACutTheWireIsFree) {
  LinkDirection link = direction({.bandwidth_bps = 10'000'000});
  for (int i = 0; i < 100; ++i) arrive(link, 0, small_frame(1514));
  link.cut();
  link.restore();
  EXPECT_THAT(arrive(link, 2000, small_frame(1514)), ElementsAre(Leaves(2000 + 1'211'200, 0u, 1u)));
}

}  // namespace
}  // namespace meshtwin
