// When to wake and how long to spin, with times made by hand.

#include "emu/link/wake_policy.h"

#include <gtest/gtest.h>

namespace meshtwin {
namespace {

TEST(WakePolicy, LearnsHowLateTimersAre) {
  WakePolicy policy;
  for (int i = 0; i < 2000; ++i) policy.woke((i % 10 == 0 ? 90 : 20) * kMicrosecond);
  const Duration lead = policy.lead(kSecond);
  EXPECT_GT(lead, 70 * kMicrosecond) << "one timer in ten is 90 us late, so 20 us ahead is too little";
  EXPECT_LT(lead, 120 * kMicrosecond);
}

TEST(WakePolicy, NeverWakesEarlierThanItsBound) {
  WakePolicy policy;
  for (int i = 0; i < 2000; ++i) policy.woke(kSecond);
  EXPECT_EQ(policy.lead(kSecond), WakePolicy::kLongestLead);
}

TEST(WakePolicy, WithoutAllowanceItWakesWhenTimersUsuallyMakeItOnTime) {
  WakePolicy policy;
  for (int i = 0; i < 2000; ++i) policy.woke((i % 10 == 0 ? 90 : 20) * kMicrosecond);
  policy.lead(kSecond);
  policy.spun(kSecond, WakePolicy::kLargestAllowance);
  EXPECT_NEAR(static_cast<double>(policy.lead(kSecond)), 20 * kMicrosecond, 3 * kMicrosecond);
  // The allowance comes back with time.
  EXPECT_GT(policy.lead(kSecond + kMillisecond), 70 * kMicrosecond);
}

// A million releases in a second, each of them spun for as long as the policy lets it.
TEST(WakePolicy, SpinsNoMoreThanItsShare) {
  WakePolicy policy;
  for (int i = 0; i < 1000; ++i) policy.woke(i % 2 == 0 ? 0 : 100 * kMicrosecond);
  Duration spun = 0;
  constexpr Time kEnd = 10 * kSecond;
  const Duration unspun_lead = [] {
    WakePolicy p;
    p.lead(0);
    p.spun(0, WakePolicy::kLargestAllowance + kMillisecond);
    return p.lead(0);
  }();
  for (Time now = 0; now < kEnd;) {
    const Duration lead = policy.lead(now);
    if (lead > unspun_lead) {
      now += lead;
      spun += lead;
      policy.spun(now, lead);
    } else {
      now += lead;
    }
  }
  EXPECT_LT(static_cast<double>(spun) / kEnd, WakePolicy::kSpinShare * 1.05);
  EXPECT_GT(static_cast<double>(spun) / kEnd, WakePolicy::kSpinShare * 0.5) << "it hardly spins at all";
}

TEST(RealtimeGuard, GivesPriorityBackWhileBusyAndTakesItAgain) {
  RealtimeGuard guard;
  Time now = 0;
  Duration used = 0;
  const auto window = [&](double busy) {
    now += RealtimeGuard::kWindow;
    used += static_cast<Duration>(busy * RealtimeGuard::kWindow);
    return guard.observe(now, used);
  };
  EXPECT_FALSE(window(0.2));
  EXPECT_FALSE(window(0.5));
  EXPECT_TRUE(guard.allowed());
  EXPECT_TRUE(window(0.9));
  EXPECT_FALSE(guard.allowed());
  EXPECT_FALSE(window(0.65)) << "between the two bounds it stays as it is";
  EXPECT_FALSE(guard.allowed());
  EXPECT_TRUE(window(0.1));
  EXPECT_TRUE(guard.allowed());
}

}  // namespace
}  // namespace meshtwin
