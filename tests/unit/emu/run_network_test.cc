#include "emu/run_network.h"

#include <gtest/gtest.h>

namespace meshtwin {
namespace {

TEST(NextLinks, LeadOverTheFewestLinks) {
  // a -0- b -1- c, c -2- d, a -3- d, and e alone.
  RunNetworkPlan plan;
  plan.zones = {"a", "b", "c", "d", "e"};
  plan.links = {{0, 1}, {1, 2}, {2, 3}, {0, 3}};
  const auto next = next_links(plan);
  const std::vector<std::vector<int>> expected = {
      {-1, 0, 0, 3, -1}, {0, -1, 1, 1, -1}, {1, 1, -1, 2, -1}, {3, 3, 2, -1, -1}, {-1, -1, -1, -1, -1}};
  for (std::size_t from = 0; from < 5; ++from) {
    for (std::size_t to = 0; to < 5; ++to) {
      EXPECT_EQ(next[from][to], expected[from][to]) << plan.zones[from] << " to " << plan.zones[to];
    }
  }
}

}  // namespace
}  // namespace meshtwin
