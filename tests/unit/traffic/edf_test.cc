#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "mesh/traffic/assignment_index.h"
#include "mesh/traffic/edf_picker.h"

namespace meshtwin {
namespace {

ClusterAssignment with_weights(const std::vector<std::uint32_t>& weights) {
  ClusterAssignment assignment;
  LocalityEndpoints& group = assignment.localities.emplace_back();
  for (std::uint32_t i = 0; i < weights.size(); ++i) {
    group.endpoints.push_back({{i + 1, 80}, EndpointHealth::healthy, weights[i]});
  }
  return assignment;
}

// In every cycle of as many turns as the weights sum up to, a host has exactly as many as it weighs.
void expect_exact_cycles(const std::vector<std::uint32_t>& weights, RandomStream& random) {
  const ClusterAssignment assignment = with_weights(weights);
  const HostList& list = index_of(assignment).priorities()[0].healthy;
  EdfPicker picker(list, random);
  const auto sum = std::accumulate(weights.begin(), weights.end(), 0U);
  for (int cycle = 0; cycle < 20; ++cycle) {
    std::vector<std::uint32_t> turns(weights.size());
    for (std::uint32_t turn = 0; turn < sum; ++turn) {
      const auto picked = picker.pick(
          list, [](std::uint32_t) { return false; }, [&](std::uint32_t place) { return double(weights[place]); });
      ++turns[picked.value()];
    }
    ASSERT_EQ(turns, weights) << "cycle " << cycle;
  }
}

TEST(EarliestDeadline, IsExactOverEveryCycle) {
  RandomStream random(1, "edf");
  for (const std::vector<std::uint32_t>& weights : {std::vector<std::uint32_t>{1},
                                                    {1, 1, 1, 1},
                                                    {1, 2},
                                                    {1, 2, 2, 5},
                                                    {3, 3, 7},
                                                    {1, 100},
                                                    {10, 20, 70},
                                                    {7, 7, 7}}) {
    expect_exact_cycles(weights, random);
  }
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint32_t> weights(1 + random.below(30));
    for (std::uint32_t& weight : weights) weight = static_cast<std::uint32_t>(1 + random.below(100));
    expect_exact_cycles(weights, random);
  }
}

// Turns are spread: between two turns of a host with weight w, others have at most about 1/w of all.
TEST(EarliestDeadline, SpreadsTheTurnsOfAHost) {
  RandomStream random(2, "edf");
  const std::vector<std::uint32_t> weights{1, 2, 5, 12};
  const ClusterAssignment assignment = with_weights(weights);
  const HostList& list = index_of(assignment).priorities()[0].healthy;
  EdfPicker picker(list, random);
  std::map<std::uint32_t, int> last;
  for (int turn = 0; turn < 2000; ++turn) {
    const std::uint32_t place = *picker.pick(
        list, [](std::uint32_t) { return false; }, [&](std::uint32_t at) { return double(weights[at]); });
    if (last.contains(place)) {
      EXPECT_LE(turn - last[place], 20.0 / weights[place] + 4) << "weight " << weights[place];
    }
    last[place] = turn;
  }
}

}  // namespace
}  // namespace meshtwin
