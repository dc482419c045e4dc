#include <gtest/gtest.h>

#include "mesh/traffic/locality_picker.h"
#include "mesh/traffic/locality_priority.h"
#include "mesh/traffic/locality_weights.h"

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

TEST(CloseUp, LeavesNoGapsAndKeepsTheOrder) {
  struct {
    std::vector<std::uint32_t> ranks;
    std::vector<std::uint32_t> closed_up;
  } const rows[] = {
      {{}, {}}, {{4}, {0}}, {{3, 1, 4, 1}, {1, 0, 2, 0}}, {{0, 1, 2}, {0, 1, 2}}, {{25, 10, 25}, {1, 0, 1}}};
  for (const auto& row : rows) {
    std::vector<std::uint32_t> ranks = row.ranks;
    close_up(ranks);
    EXPECT_EQ(ranks, row.closed_up);
  }
}

TEST(LabelRank, CountsFromTheFirstLabelThatDiffers) {
  const Labels here{{"app", "a"}, {"version", "v1"}, {"topology.istio.io/network", "n1"}};
  const Labels same{{"version", "v1"}, {"topology.istio.io/network", "n1"}};
  const Labels newer{{"version", "v2"}, {"topology.istio.io/network", "n1"}};
  const LabelledPlace proxy{kHere, "node-1", &here};
  const std::vector<std::string> topology{"topology.istio.io/network", "topology.kubernetes.io/region",
                                          "topology.kubernetes.io/zone", "topology.istio.io/subzone",
                                          "kubernetes.io/hostname"};
  struct {
    const char* what;
    LabelledPlace endpoint;
    std::vector<std::string> failover_priority;
    std::uint32_t rank;
  } const rows[] = {
      {"nothing asked for", {{"us", "", ""}, "", nullptr}, {}, 0},
      {"all the same", {kHere, "node-1", &same}, topology, 0},
      {"another node", {kHere, "node-2", &same}, topology, 1},
      {"another subzone", {{"eu", "eu-a", "2"}, "node-2", &same}, topology, 2},
      {"another zone", {{"eu", "eu-b", "1"}, "node-1", &same}, topology, 3},
      {"another region, though the zone is called the same", {{"us", "eu-a", "1"}, "node-1", &same}, topology, 4},
      {"no network", {kHere, "node-1", nullptr}, topology, 5},
      {"a label", {kHere, "", &newer}, {"version"}, 1},
      {"a label neither has", {kHere, "", &newer}, {"team"}, 0},
      {"a label of the proxy alone", {kHere, "", &newer}, {"app"}, 1},
      {"a value in place of the proxy's", {kHere, "", &newer}, {"version=v2"}, 0},
      {"which the endpoint has not", {kHere, "", &same}, {"version=v2"}, 1},
      {"later labels do not help", {kHere, "", &newer}, {"version", "topology.istio.io/network"}, 2},
      {"the first agrees", {kHere, "", &newer}, {"topology.istio.io/network", "version"}, 1},
  };
  for (const auto& row : rows) EXPECT_EQ(label_rank(proxy, row.endpoint, row.failover_priority), row.rank) << row.what;
}

TEST(LabelRank, APlaceThatIsNotKnownIsTheLabels) {
  const Labels labels{{"topology.kubernetes.io/zone", "z"}, {"kubernetes.io/hostname", "h"}};
  const LabelledPlace place{{}, "", &labels};
  EXPECT_EQ(place.label("topology.kubernetes.io/zone"), "z");
  EXPECT_EQ(place.label("kubernetes.io/hostname"), "h");
  EXPECT_EQ(place.label("topology.kubernetes.io/region"), "");
  const LabelledPlace known{{"r", "y", "s"}, "n", &labels};
  EXPECT_EQ(known.label("topology.kubernetes.io/zone"), "y");
  EXPECT_EQ(known.label("kubernetes.io/hostname"), "n");
}

TEST(LocalityPattern, MatchesPartByPart) {
  struct {
    const char* pattern;
    bool matches;  // eu/eu-a/1
  } const rows[] = {{"*", true},         {"eu", true},         {"eu/*", true},       {"eu/eu-a", true},
                    {"eu/eu-a/*", true}, {"eu/eu-a/1", true},  {"eu/", true},        {"us", false},
                    {"eu/eu-b", false},  {"eu/eu-b/1", false}, {"eu/eu-a/2", false}, {"us/*", false},
                    {"eu/*/2", false},   {"e", false},         {"*/eu-a", true},     {"eu/eu-a/", true}};
  for (const auto& row : rows) EXPECT_EQ(locality_matches(kHere, row.pattern), row.matches) << row.pattern;
}

TEST(DistributedWeights, DivideAsIstioDoes) {
  const std::vector<WeighedLocality> localities{
      {{"eu", "eu-a", "1"}, 3}, {{"eu", "eu-a", "2"}, 1}, {{"eu", "eu-b", ""}, 2}, {{"us", "us-a", ""}, 5}};
  using Weights = std::optional<std::vector<std::uint32_t>>;
  struct {
    const char* what;
    std::vector<LocalityDistribute> distribute;
    Weights weights;
  } const rows[] = {
      {"nothing", {}, std::nullopt},
      {"of another place", {{"us/*", {{"*", 100}}}}, std::nullopt},
      {"zones, one of them twice, rounded up",
       {{"eu/eu-a/*", {{"eu/eu-a/*", 70}, {"eu/eu-b/*", 30}}}},
       Weights{{53, 18, 30, 0}}},
      {"regions", {{"*", {{"eu", 80}, {"us", 20}}}}, Weights{{40, 14, 27, 20}}},
      {"the first entry that matches",
       {{"us", {{"*", 100}}}, {"eu", {{"us", 100}}}, {"*", {{"eu", 100}}}},
       Weights{{0, 0, 0, 100}}},
      {"a target that has no endpoints", {{"eu", {{"asia", 90}, {"us", 10}}}}, Weights{{0, 0, 0, 10}}},
      {"never below one", {{"eu", {{"eu", 1}}}}, Weights{{1, 1, 1, 0}}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(distributed_weights(kHere, localities, row.distribute), row.weights) << row.what;
  }
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
