// The shortcut's rules, as ebpf/acceleration.bpf.c has them: tests/unit/ebpf/acceleration_test.cc asks the same of
// those.

#include "sim/shortcut.h"

#include <gtest/gtest.h>

#include "tests/unit/sim/network_fixture.h"

namespace meshtwin {
namespace {

// Pods 0 and 1 on one node, 2 on another of the same zone.
Plan accelerated() {
  Plan plan = pods_in({0, 0, 0});
  plan.nodes.push_back({"other", 0, 0});
  plan.pods[2].node = plan.nodes.size() - 1;
  plan.accelerate = true;
  return plan;
}

struct ShortcutTest : ::testing::Test {
  void connect(std::uint32_t from, std::uint32_t to) {
    connection.ends[0].pod = from;
    connection.ends[1].pod = to;
  }
  Plan plan = accelerated();
  Topology topology{plan, null_cost_profile()};
  Shortcut shortcut{plan, topology};
  Connection connection;
};

constexpr std::size_t kLimit = kShortcutUnanswered;

TEST_F(ShortcutTest, TakesWhatStaysInAPodOrOnANode) {
  EXPECT_TRUE(shortcut.takes(connection, 0, 1000));
  EXPECT_TRUE(shortcut.takes(connection, 1, 1000));
  EXPECT_EQ(shortcut.usage().at("in_pod"), (ShortcutUsage{2, 2000, 0, 0, 0}));
  connect(0, 1);
  EXPECT_TRUE(shortcut.takes(connection, 0, 500));
  EXPECT_EQ(shortcut.usage().at("on_node"), (ShortcutUsage{1, 500, 0, 0, 0}));
}

TEST_F(ShortcutTest, LeavesAloneWhatGoesToAnotherNode) {
  connect(0, 2);
  EXPECT_FALSE(shortcut.takes(connection, 0, 1000));
  EXPECT_EQ(shortcut.usage().at("on_node"), ShortcutUsage());
}

TEST_F(ShortcutTest, LeavesADirectionForGoodThatNobodyAnswers) {
  EXPECT_TRUE(shortcut.takes(connection, 0, kLimit));
  EXPECT_FALSE(shortcut.takes(connection, 0, 1));
  EXPECT_TRUE(shortcut.takes(connection, 1, 1)) << "the other direction goes on";
  EXPECT_FALSE(shortcut.takes(connection, 0, 1)) << "an answer comes too late";
  EXPECT_EQ(shortcut.usage().at("in_pod"), (ShortcutUsage{2, kLimit + 1, 2, 2, 1}));
}

TEST_F(ShortcutTest, AnAnswerBeginsTheCountAnew) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(shortcut.takes(connection, 0, kLimit));
    EXPECT_TRUE(shortcut.takes(connection, 1, 1));
  }
}

TEST_F(ShortcutTest, GoesRoundNoCut) {
  connect(0, 1);
  EXPECT_TRUE(shortcut.takes(connection, 0, 1));
  topology.cut_pod(1, true);
  EXPECT_FALSE(shortcut.takes(connection, 0, 1));
  topology.cut_pod(1, false);
  EXPECT_FALSE(shortcut.takes(connection, 0, 1)) << "what has left stays with TCP";
}

TEST_F(ShortcutTest, TakesNothingWhereThePlanHasNone) {
  plan.accelerate = false;
  Shortcut none(plan, topology);
  EXPECT_FALSE(none.takes(connection, 0, 1));
  EXPECT_TRUE(none.usage().empty());
}

}  // namespace
}  // namespace meshtwin
