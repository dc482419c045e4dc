#include "mesh/traffic/priority_load.h"

#include <gtest/gtest.h>

namespace meshtwin {
namespace {

using Loads = std::vector<std::uint32_t>;

struct Row {
  const char* what;
  std::vector<PriorityHealth> priorities;
  std::uint32_t panic_threshold;
  Loads healthy;
  Loads degraded;
  std::vector<bool> panic;
};

TEST(PriorityLoads, FollowTheTable) {
  const Row rows[] = {
      {"50, 60 healthy", {{50, 0, 100}, {60, 0, 100}}, 0, {70, 30}, {0, 0}, {false, false}},
      {"25, 100 healthy", {{25, 0, 100}, {100, 0, 100}}, 0, {35, 65}, {0, 0}, {false, false}},
      {"5, 65: one percent left over goes to the first",
       {{5, 0, 100}, {65, 0, 100}},
       0,
       {8, 92},
       {0, 0},
       {false, false}},
      {"25, 25, 20: two percent left over",
       {{25, 0, 100}, {25, 0, 100}, {20, 0, 100}},
       0,
       {37, 35, 28},
       {0, 0, 0},
       {false, false, false}},
      {"72 % is enough", {{72, 0, 100}, {100, 0, 100}}, 50, {100, 0}, {0, 0}, {false, false}},
      {"71 % spills one percent", {{71, 0, 100}, {100, 0, 100}}, 50, {99, 1}, {0, 0}, {false, false}},
      {"left over skips a priority without health",
       {{0, 0, 10}, {5, 0, 100}, {65, 0, 100}},
       0,
       {0, 8, 92},
       {0, 0, 0},
       {false, false, false}},
      {"degraded take what the healthy of every priority leave",
       {{1, 4, 10}, {2, 0, 10}},
       0,
       {15, 28},
       {57, 0},
       {false, false}},
      {"only degraded: what is left over goes to them", {{0, 1, 30}, {0, 1, 30}}, 0, {0, 0}, {50, 50}, {false, false}},
      {"all panic: by number of hosts", {{1, 0, 10}, {2, 0, 20}}, 50, {34, 66}, {0, 0}, {true, true}},
      {"no health at all panics too", {{0, 0, 1}, {0, 0, 2}}, 50, {34, 66}, {0, 0}, {true, true}},
      {"one of two panics and keeps its load", {{1, 0, 10}, {5, 0, 10}}, 30, {17, 83}, {0, 0}, {true, false}},
      {"full normalized total: no panic", {{1, 0, 10}, {10, 0, 10}}, 50, {14, 86}, {0, 0}, {false, false}},
      {"threshold 0, nothing healthy: stands on priority 0",
       {{0, 0, 10}, {0, 0, 10}},
       0,
       {100, 0},
       {0, 0},
       {false, false}},
      {"empty first priority", {{0, 0, 0}, {3, 0, 3}}, 50, {0, 100}, {0, 0}, {false, false}},
      {"no hosts at all", {{0, 0, 0}, {0, 0, 0}}, 50, {100, 0}, {0, 0}, {true, true}},
      {"no priorities", {}, 50, {}, {}, {}},
  };
  for (const Row& row : rows) {
    const PriorityLoads loads = priority_loads(row.priorities, 140, row.panic_threshold);
    EXPECT_EQ(loads.healthy, row.healthy) << row.what;
    EXPECT_EQ(loads.degraded, row.degraded) << row.what;
    EXPECT_EQ(loads.panic, row.panic) << row.what;
  }
}

TEST(PriorityLoads, OverprovisioningFactorCounts) {
  const PriorityHealth priorities[] = {{50, 0, 100}, {100, 0, 100}};
  EXPECT_EQ(priority_loads(priorities, 100, 0).healthy, (Loads{50, 50}));
  EXPECT_EQ(priority_loads(priorities, 200, 0).healthy, (Loads{100, 0}));
}

TEST(ChoosePriority, TakesTheFirstWhoseCumulativeLoadReachesH) {
  const PriorityLoads loads{{14, 28}, {56, 2}, {false, false}};
  struct {
    std::uint32_t h;
    std::uint32_t priority;
    bool degraded;
  } const rows[] = {{1, 0, false}, {14, 0, false}, {15, 1, false}, {42, 1, false},
                    {43, 0, true}, {98, 0, true},  {99, 1, true},  {100, 1, true}};
  for (const auto& row : rows) {
    const PriorityChoice choice = choose_priority(loads, row.h);
    EXPECT_EQ(choice.priority, row.priority) << "h=" << row.h;
    EXPECT_EQ(choice.degraded, row.degraded) << "h=" << row.h;
  }
}

TEST(ChoosePriority, GivesEachPriorityExactlyItsPercentage) {
  const PriorityHealth priorities[] = {{25, 0, 100}, {25, 0, 100}, {20, 0, 100}};
  const PriorityLoads loads = priority_loads(priorities, 140, 0);
  std::uint32_t counts[3] = {};
  for (std::uint32_t h = 1; h <= 100; ++h) ++counts[choose_priority(loads, h).priority];
  EXPECT_EQ(counts[0], 37U);
  EXPECT_EQ(counts[1], 35U);
  EXPECT_EQ(counts[2], 28U);
}

}  // namespace
}  // namespace meshtwin
