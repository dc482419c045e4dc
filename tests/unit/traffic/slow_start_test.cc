#include "mesh/traffic/slow_start.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "mesh/traffic/upstream_cluster.h"

namespace meshtwin {
namespace {

constexpr Duration kWindow = 30 * kSecond;
constexpr Time kJoin = 100 * kSecond;

TEST(SlowStartFactor, FollowsTheFormula) {
  for (const double aggression : {0.25, 0.5, 1.0, 1.5, 2.0, 5.0}) {
    for (const double minimum : {0.0, 10.0, 50.0}) {
      const SlowStartConfig config{kWindow, aggression, minimum};
      for (Duration since = 0; since < kWindow; since += 173 * kMillisecond) {
        const double time_factor = std::max(0.001, since / 1e9) / 30;
        const double expected = std::max(std::pow(time_factor, 1 / aggression), minimum / 100);
        ASSERT_NEAR(slow_start_factor(config, since), expected, 1e-13) << aggression << ' ' << minimum << ' ' << since;
      }
      EXPECT_EQ(slow_start_factor(config, kWindow), 1);
      EXPECT_EQ(slow_start_factor(config, 10 * kWindow), 1);
    }
  }
}

LocalityEndpoints group(std::uint32_t count, std::uint32_t weight = 1) {
  LocalityEndpoints group;
  for (std::uint32_t i = 1; i <= count; ++i) group.endpoints.push_back({{i, 80}, EndpointHealth::healthy, weight});
  return group;
}

std::shared_ptr<const ClusterAssignment> assign(LocalityEndpoints group) {
  auto assignment = std::make_shared<ClusterAssignment>();
  assignment->localities.push_back(std::move(group));
  return assignment;
}

std::shared_ptr<const ClusterConfig> config_of(LbPolicy policy, std::optional<SlowStartConfig> slow_start) {
  auto config = std::make_shared<ClusterConfig>();
  config->lb_policy = policy;
  config->panic_threshold_percent = 0;
  config->slow_start = slow_start;
  return config;
}

// Requests at an even rate, none of which takes any time.
class Traffic {
 public:
  Traffic(LbPolicy policy, std::optional<SlowStartConfig> slow_start)
      : cluster_(config_of(policy, slow_start), RandomStream(1, "slow start")) {}

  void set(LocalityEndpoints hosts, Time now) { cluster_.update_endpoints(assign(std::move(hosts)), now); }
  std::uint32_t pick(Time now) { return UpstreamCluster::address_of(*cluster_.pick(now)).ip; }
  // Of the requests of that time: those the host got.
  double share(std::uint32_t host, Time from, Time to) {
    constexpr Duration kEvery = 500 * kMicrosecond;
    int got = 0, all = 0;
    for (Time now = from; now < to; now += kEvery, ++all) got += pick(now) == host;
    return static_cast<double>(got) / all;
  }
  UpstreamCluster& operator*() { return cluster_; }

 private:
  UpstreamCluster cluster_;
};

// Four hosts of old, and a fifth that joins: its share at ten instants of the window, from the weight it should have.
TEST(SlowStart, ANewHostsShareFollowsTheFormulaAtTenInstants) {
  for (const LbPolicy policy : {LbPolicy::round_robin, LbPolicy::least_request}) {
    for (const double aggression : {1.0, 2.0, 0.5}) {
      const SlowStartConfig config{kWindow, aggression, 10};
      Traffic traffic(policy, config);
      traffic.set(group(4), 0);
      traffic.set(group(5), kJoin);
      for (int instant = 0; instant < 10; ++instant) {
        const Time from = kJoin + instant * kWindow / 10;
        const double factor = slow_start_factor(config, from + kWindow / 20 - kJoin);
        EXPECT_NEAR(traffic.share(5, from, from + kWindow / 10), factor / (4 + factor), 0.006)
            << "instant " << instant << ", aggression " << aggression;
      }
      EXPECT_NEAR(traffic.share(5, kJoin + kWindow, kJoin + kWindow + kSecond), 0.2,
                  policy == LbPolicy::round_robin ? 0.001 : 0.05);
    }
  }
}

// What it saves the new host from: a fifth of all requests from the first one on.
TEST(SlowStart, WithoutItANewHostGetsItsWholeShareAtOnce) {
  for (const LbPolicy policy : {LbPolicy::round_robin, LbPolicy::least_request}) {
    Traffic traffic(policy, std::nullopt), slow(policy, SlowStartConfig{kWindow, 1, 10});
    for (Traffic* one : {&traffic, &slow}) {
      one->set(group(4), 0);
      one->set(group(5), kJoin);
    }
    EXPECT_NEAR(traffic.share(5, kJoin, kJoin + kSecond), 0.2, 0.03);
    EXPECT_NEAR(slow.share(5, kJoin, kJoin + kSecond), 0.1 / 4.1, 0.003);
  }
}

TEST(SlowStart, WeightsCountBeside) {
  Traffic traffic(LbPolicy::round_robin, SlowStartConfig{kWindow, 1, 10});
  LocalityEndpoints hosts = group(3);
  hosts.endpoints[0].weight = 3;
  traffic.set(hosts, 0);
  hosts = group(4);
  hosts.endpoints[0].weight = 3;
  hosts.endpoints[3].weight = 10;
  traffic.set(hosts, kJoin);
  const Time half = kJoin + kWindow / 2;
  traffic.share(4, half - kSecond, half);
  EXPECT_NEAR(traffic.share(4, half, half + kSecond / 10), 5.0 / 10, 0.01);
}

// A request under way halves what the deadline of a least-request host is made of, new or not.
TEST(SlowStart, LeastRequestDividesByTheRequestsUnderWay) {
  struct {
    double bias;
    double weight;  // of an old host with three requests
  } const rows[] = {{1, 0.25}, {0, 1}, {0.5, 0.5}};
  for (const auto& row : rows) {
    auto config = std::make_shared<ClusterConfig>(*config_of(LbPolicy::least_request, SlowStartConfig{kWindow, 1, 10}));
    config->least_request_active_bias = row.bias;
    UpstreamCluster cluster(config, RandomStream(1, "bias"));
    cluster.update_endpoints(assign(group(2)), 0);
    UpstreamCluster::Host* busy = cluster.pick(0);
    while (UpstreamCluster::address_of(*busy).ip != 1) busy = cluster.pick(0);
    for (int i = 0; i < 3; ++i) cluster.request_started(*busy);
    cluster.update_endpoints(assign(group(3)), kJoin);
    const Time half = kJoin + kWindow / 2;
    std::map<std::uint32_t, int> counts;
    for (int i = 0; i < 3100; ++i) {
      const std::uint32_t host = UpstreamCluster::address_of(*cluster.pick(half)).ip;
      if (i >= 100) ++counts[host];
    }
    const double all = row.weight + 1 + 0.5;
    EXPECT_NEAR(counts[1], 3000 * row.weight / all, 8) << "bias " << row.bias;
    EXPECT_NEAR(counts[2], 3000 / all, 8) << "bias " << row.bias;
    EXPECT_NEAR(counts[3], 3000 * 0.5 / all, 8) << "bias " << row.bias;
  }
}

// All are new at first, and so nobody is preferred; who comes meanwhile is newer, each by its own age.
TEST(SlowStart, HostsThatAreNewTogetherShareAlike) {
  Traffic traffic(LbPolicy::round_robin, SlowStartConfig{kWindow, 1, 10});
  traffic.set(group(3), 0);
  for (std::uint32_t host = 1; host <= 3; ++host) EXPECT_NEAR(traffic.share(host, 0, kSecond), 1 / 3.0, 0.001);
  traffic.set(group(4), 15 * kSecond);
  traffic.share(4, 20 * kSecond, 21 * kSecond);
  const double old = 21.5 / 30, fresh = 6.5 / 30;
  EXPECT_NEAR(traffic.share(4, 21 * kSecond, 22 * kSecond), fresh / (3 * old + fresh), 0.004);
  traffic.set(group(5), 22 * kSecond);
  traffic.share(5, 22 * kSecond, 29 * kSecond);
  const double newest = 7.5 / 30, all = 3 * 29.5 / 30 + 14.5 / 30 + newest;
  EXPECT_NEAR(traffic.share(5, 29 * kSecond, 30 * kSecond), newest / all, 0.004);
}

TEST(SlowStart, WhoComesBackOrRecoversIsNewAgain) {
  Traffic traffic(LbPolicy::round_robin, SlowStartConfig{kWindow, 1, 10});
  traffic.set(group(4), 0);
  traffic.set(group(3), kJoin);
  traffic.set(group(4), 2 * kJoin);
  EXPECT_NEAR(traffic.share(4, 2 * kJoin, 2 * kJoin + kSecond), 0.1 / 3.1, 0.003) << "restarted";
  LocalityEndpoints unready = group(4);
  unready.endpoints[3].health = EndpointHealth::unhealthy;
  traffic.set(unready, 3 * kJoin);
  EXPECT_EQ(traffic.share(4, 3 * kJoin, 3 * kJoin + kSecond), 0);
  traffic.set(group(4), 4 * kJoin);
  EXPECT_NEAR(traffic.share(4, 4 * kJoin, 4 * kJoin + kSecond), 0.1 / 3.1, 0.003) << "ready again";
}

TEST(SlowStart, AnUpdateThatChangesNothingLeavesAgesAlone) {
  Traffic traffic(LbPolicy::round_robin, SlowStartConfig{kWindow, 1, 10});
  traffic.set(group(4), 0);
  traffic.set(group(5), kJoin);
  LocalityEndpoints moved = group(5);
  std::swap(moved.endpoints[0], moved.endpoints[4]);
  traffic.set(moved, kJoin + kWindow / 2);
  EXPECT_NEAR(traffic.share(5, kJoin + kWindow / 2, kJoin + kWindow / 2 + kSecond / 2), 0.508 / 4.508, 0.004);
}

TEST(SlowStart, OneHostAloneAndTheBalancersWithoutWeightsDoNotMind) {
  Traffic alone(LbPolicy::round_robin, SlowStartConfig{kWindow, 1, 10});
  alone.set(group(0), 0);
  alone.set(group(1), kJoin);
  EXPECT_EQ(alone.share(1, kJoin, kJoin + kSecond), 1);
  Traffic random(LbPolicy::random, SlowStartConfig{kWindow, 1, 10});
  random.set(group(4), 0);
  random.set(group(5), kJoin);
  EXPECT_NEAR(random.share(5, kJoin, kJoin + 5 * kSecond), 0.2, 0.03);
}

}  // namespace
}  // namespace meshtwin
