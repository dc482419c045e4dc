#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "emu/burn_pool.h"
#include "emu/emu_clock.h"

namespace meshtwin {
namespace {

TEST(EmuClock, TimersFireInOrderOfTheirDueInstantsThenOfTheirMaking) {
  EventLoop loop;
  EmuClock clock(loop, monotonic_now());
  std::string order;
  std::vector<Timer> timers;
  const auto add = [&](Duration delay, char name) {
    timers.push_back(clock.after(delay, [&order, name] { order += name; }));
  };
  add(5 * kMillisecond, 'c');
  add(2 * kMillisecond, 'a');
  add(3 * kMillisecond, 'b');
  const Timer end = clock.after(20 * kMillisecond, [&] { loop.stop(); });
  EXPECT_EQ(order, "");
  loop.run();
  EXPECT_EQ(order, "abc");
}

TEST(EmuClock, NoTimerFiresBeforeItsInstant) {
  EventLoop loop;
  EmuClock clock(loop, monotonic_now());
  std::vector<Timer> timers;
  std::vector<Duration> early;
  for (int i = 0; i < 200; ++i) {
    const Duration delay = i * 100 * kMicrosecond;
    const Time due = clock.now() + delay;
    timers.push_back(clock.after(delay, [&, due] {
      if (clock.now() < due) early.push_back(due - clock.now());
    }));
  }
  const Timer end = clock.after(30 * kMillisecond, [&] { loop.stop(); });
  loop.run();
  EXPECT_TRUE(early.empty()) << early.size() << " timers, the first by " << early.front() << " ns";
}

TEST(EmuClock, CancelledTimersStaySilent) {
  EventLoop loop;
  EmuClock clock(loop, monotonic_now());
  std::string fired;
  Timer first = clock.after(kMillisecond, [&] { fired += "first "; });
  Timer second;
  const Timer canceller = clock.after(2 * kMillisecond, [&] { second.cancel(); });
  second =
      clock.after(2 * kMillisecond, [&] { fired += "second "; });  // due in the same round as its canceller, or later
  {
    const Timer dropped = clock.after(kMillisecond, [&] { fired += "dropped "; });
  }
  first.cancel();
  const Timer end = clock.after(10 * kMillisecond, [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(fired, "");
}

TEST(EmuClock, SettingTimeZeroMovesNowAndNoTimer) {
  EventLoop loop;
  EmuClock clock(loop, monotonic_now());
  bool fired = false;
  const Timer timer = clock.after(5 * kMillisecond, [&] { fired = true; });
  clock.set_time_zero(monotonic_now() + 100 * kSecond);
  EXPECT_LT(clock.now(), -99 * kSecond);
  const Timer end = clock.after(50 * kMillisecond, [&] { loop.stop(); });
  loop.run();
  EXPECT_TRUE(fired);
}

TEST(EmuClock, ATimerMadeInACallbackFiresLaterNotInside) {
  EventLoop loop;
  EmuClock clock(loop, monotonic_now());
  std::string order;
  Timer inner;
  const Timer outer = clock.after(0, [&] {
    inner = clock.after(0, [&] {
      order += "inner";
      loop.stop();
    });
    order += "outer ";
  });
  loop.run();
  EXPECT_EQ(order, "outer inner");
}

TEST(BurnPool, UsesTheProcessorTimeItWasAskedToUse) {
  EventLoop loop;
  timespec before{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  {
    BurnPool pool(loop);
    int left = 4;
    std::vector<Handle> burns;
    for (int i = 0; i < 4; ++i) {
      burns.push_back(pool.burn(10 * kMillisecond, [&] {
        if (--left == 0) loop.stop();
      }));
    }
    loop.run();
    EXPECT_EQ(left, 0);
  }
  timespec after{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  const Duration used = (after.tv_sec - before.tv_sec) * kSecond + after.tv_nsec - before.tv_nsec;
  EXPECT_GE(used, 40 * kMillisecond);
}

TEST(BurnPool, AbandonedWorkSaysNothing) {
  EventLoop loop;
  EmuClock clock(loop, monotonic_now());
  BurnPool pool(loop);
  bool called = false;
  Handle burn = pool.burn(kSecond, [&] { called = true; });
  const Timer drop = clock.after(5 * kMillisecond, [&] { burn.reset(); });
  const Timer end = clock.after(60 * kMillisecond, [&] { loop.stop(); });
  loop.run();
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace meshtwin
