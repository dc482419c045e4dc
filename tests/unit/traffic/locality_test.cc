#include <gtest/gtest.h>

#include "mesh/traffic/locality_picker.h"
#include "mesh/traffic/locality_priority.h"

namespace meshtwin {
namespace {

const Locality kHere{"eu", "eu-a", "1"};

TEST(LocalityRank, FollowsIstio) {
  const LocalityFailover to_us{"eu", "us"};
  const LocalityFailover of_others{"asia", "us"};
  struct {
    const char* what;
    Locality endpoint;
    std::vector<LocalityFailover> failover;
    std::uint32_t rank;
  } const rows[] = {
      {"same subzone", {"eu", "eu-a", "1"}, {}, 0},
      {"same zone", {"eu", "eu-a", "2"}, {}, 1},
      {"same region", {"eu", "eu-b", "1"}, {}, 2},
      {"elsewhere", {"us", "eu-a", "1"}, {}, 3},
      {"failover target", {"us", "us-a", ""}, {to_us}, 3},
      {"not the failover target", {"asia", "as-a", ""}, {to_us}, 4},
      {"failover of another region does not matter", {"asia", "as-a", ""}, {of_others}, 3},
      {"the first entry for the region counts", {"asia", "as-a", ""}, {to_us, {"eu", "asia"}}, 4},
      {"failover never moves the own region", {"eu", "eu-b", ""}, {to_us}, 2},
  };
  for (const auto& row : rows) EXPECT_EQ(locality_rank(kHere, row.endpoint, row.failover), row.rank) << row.what;
}

TEST(LocalityPriorities, AreClosedUp) {
  const Locality endpoints[] = {{"us", "us-a", ""}, {"eu", "eu-a", "2"}, {"asia", "as-a", ""}, {"eu", "eu-a", "3"}};
  const LocalityFailover failover[] = {{"eu", "us"}};
  EXPECT_EQ(locality_priorities(kHere, endpoints, failover), (std::vector<std::uint32_t>{1, 0, 2, 0}));
  EXPECT_EQ(locality_priorities(kHere, {}, failover), std::vector<std::uint32_t>{});
}

// Weights 1:2; X loses hosts.
TEST(EffectiveLocalityWeight, GivesTheSharesOfTheExample) {
  const auto share_of_x = [](std::uint32_t healthy_percent) {
    const double x = effective_locality_weight(1, healthy_percent, 100, 140);
    return x / (x + effective_locality_weight(2, 100, 100, 140));
  };
  EXPECT_NEAR(share_of_x(100), 0.33, 0.005);
  EXPECT_NEAR(share_of_x(72), 0.33, 0.005);
  EXPECT_NEAR(share_of_x(50), 0.26, 0.005);
  EXPECT_NEAR(share_of_x(25), 0.15, 0.005);
  EXPECT_EQ(share_of_x(0), 0);
  EXPECT_EQ(effective_locality_weight(5, 0, 0, 140), 0);
}

TEST(LocalityPicker, SharesTurnsInProportionFromTheFirstHundredOn) {
  RandomStream random(1, "locality");
  LocalityPicker picker;
  EXPECT_FALSE(picker.pick().has_value());
  picker.set({1, 0, 2.5, 0.5}, random);
  int counts[4] = {};
  for (int i = 0; i < 400; ++i) ++counts[picker.pick().value()];
  EXPECT_NEAR(counts[0], 100, 1);
  EXPECT_EQ(counts[1], 0);
  EXPECT_NEAR(counts[2], 250, 1);
  EXPECT_NEAR(counts[3], 50, 1);
}

}  // namespace
}  // namespace meshtwin
