#include "sim/event_queue.h"

#include <gtest/gtest.h>

#include <string>

#include "mesh/base/random.h"

namespace meshtwin {
namespace {

TEST(EventQueue, OrdersByTimeThenByWhenTheyWereAskedFor) {
  EventQueue queue;
  std::string order;
  for (const auto& [at, name] : {std::pair<Time, char>{30, 'e'}, {10, 'a'}, {20, 'c'}, {10, 'b'}, {20, 'd'}}) {
    queue.schedule(at, [&order, name = name] { order += name; });
  }
  queue.run();
  EXPECT_EQ(order, "abcde");
  EXPECT_EQ(queue.now(), 30);
  EXPECT_EQ(queue.executed(), 5u);
}

TEST(EventQueue, EventsMayAskForMoreAtTheSameInstant) {
  EventQueue queue;
  std::string order;
  queue.schedule(5, [&] {
    order += 'a';
    queue.schedule(5, [&] { order += 'c'; });
  });
  queue.schedule(5, [&] { order += 'b'; });
  queue.run();
  EXPECT_EQ(order, "abc");
}

TEST(EventQueue, CancelledEventsNeverRunAndGiveBackWhatTheyHold) {
  EventQueue queue;
  auto held = std::make_shared<int>(1);
  int ran = 0;
  const EventKey first = queue.schedule(1, [&ran, held] { ran += *held; });
  const EventKey second = queue.schedule(2, [&ran] { ran += 10; });
  EXPECT_TRUE(queue.pending(first));
  queue.cancel(first);
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(queue.pending(first));
  queue.cancel(first);
  // The node is used again: the old key must not reach the new event.
  const EventKey third = queue.schedule(3, [&ran] { ran += 100; });
  queue.cancel(first);
  EXPECT_TRUE(queue.pending(third));
  queue.run();
  EXPECT_EQ(ran, 110);
  queue.cancel(second);
}

TEST(EventQueue, AnEventMayCancelItselfAndOthers) {
  EventQueue queue;
  int ran = 0;
  EventKey other = 0;
  EventKey self = queue.schedule(1, [&] {
    ++ran;
    queue.cancel(self);
    queue.cancel(other);
  });
  other = queue.schedule(2, [&] { ran += 10; });
  queue.run();
  EXPECT_EQ(ran, 1);
}

TEST(EventQueue, StopKeepsTheRest) {
  EventQueue queue;
  int ran = 0;
  queue.schedule(1, [&] { queue.stop(); });
  queue.schedule(2, [&] { ++ran; });
  queue.run();
  EXPECT_EQ(ran, 0);
  EXPECT_FALSE(queue.empty());
  queue.run();
  EXPECT_EQ(ran, 1);
}

// Against a sorted list of what should be left, with many cancels, so that the heap is swept again and again.
TEST(EventQueue, ManyRandomEventsAndCancels) {
  EventQueue queue;
  RandomStream random(11, "event queue");
  std::vector<std::pair<Time, int>> expected;
  std::vector<std::pair<Time, int>> ran;
  std::vector<EventKey> keys;
  std::vector<Time> times;
  for (int i = 0; i < 20'000; ++i) {
    times.push_back(static_cast<Time>(random.below(1000)));
    keys.push_back(queue.schedule(times.back(), [&ran, &times, i] { ran.emplace_back(times[i], i); }));
  }
  for (int i = 0; i < 20'000; ++i) {
    if (random.chance(0.8)) {
      queue.cancel(keys[i]);
    } else {
      expected.emplace_back(times[i], i);
    }
  }
  EXPECT_LT(queue.entries(), 2 * expected.size() + 2048) << "stale entries were not swept";
  std::sort(expected.begin(), expected.end());
  queue.run();
  EXPECT_TRUE(ran == expected);
}

}  // namespace
}  // namespace meshtwin
