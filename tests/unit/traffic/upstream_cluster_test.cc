#include "mesh/traffic/upstream_cluster.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

namespace meshtwin {
namespace {

SocketAddress host(std::uint32_t n) {
  return {0x0a000000 + n, 8080};
}

LocalityEndpoints group(std::uint32_t first, std::uint32_t count, std::uint32_t priority = 0,
                        EndpointHealth health = EndpointHealth::healthy) {
  LocalityEndpoints group;
  group.priority = priority;
  for (std::uint32_t i = 0; i < count; ++i) group.endpoints.push_back({host(first + i), health, 1});
  return group;
}

std::shared_ptr<ClusterAssignment> assign(std::vector<LocalityEndpoints> localities) {
  auto assignment = std::make_shared<ClusterAssignment>();
  assignment->cluster = "c";
  assignment->localities = std::move(localities);
  return assignment;
}

ClusterConfig config_of(LbPolicy policy, std::uint32_t panic_threshold = 0) {
  ClusterConfig config;
  config.name = "c";
  config.lb_policy = policy;
  config.panic_threshold_percent = panic_threshold;
  return config;
}

class Cluster {
 public:
  explicit Cluster(const ClusterConfig& config, std::uint64_t seed = 1)
      : cluster_(std::make_shared<ClusterConfig>(config), RandomStream(seed, "cluster")) {}

  void set(std::vector<LocalityEndpoints> localities) { cluster_.update_endpoints(assign(std::move(localities)), 0); }
  // 0: none.
  std::uint32_t pick() {
    UpstreamCluster::Host* picked = cluster_.pick(0);
    return picked == nullptr ? 0 : UpstreamCluster::address_of(*picked).ip - 0x0a000000;
  }
  std::map<std::uint32_t, int> picks(int count) {
    std::map<std::uint32_t, int> counts;
    for (int i = 0; i < count; ++i) ++counts[pick()];
    return counts;
  }
  UpstreamCluster::Host& get(std::uint32_t n) {
    for (;;) {
      UpstreamCluster::Host* picked = cluster_.pick(0);
      if (UpstreamCluster::address_of(*picked) == host(n)) return *picked;
    }
  }
  void fail(std::uint32_t n, Time now = 0) {
    UpstreamCluster::Host& bad = get(n);
    for (int i = 0; i < 5; ++i) cluster_.report(bad, UpstreamOutcome::error_5xx, now, events_);
  }
  UpstreamCluster& operator*() { return cluster_; }
  UpstreamCluster* operator->() { return &cluster_; }
  std::vector<EjectionEvent>& events() { return events_; }

 private:
  UpstreamCluster cluster_;
  std::vector<EjectionEvent> events_;
};

// Five deviations of a binomial distribution: a false alarm in two million.
void expect_share(int count, int total, double share, const std::string& what) {
  EXPECT_NEAR(count, total * share, 5 * std::sqrt(total * share * (1 - share)) + 1e-9) << what;
}

TEST(UpstreamCluster, HasNobodyToPickWithoutEndpoints) {
  for (const LbPolicy policy : {LbPolicy::round_robin, LbPolicy::least_request, LbPolicy::random}) {
    Cluster cluster(config_of(policy));
    EXPECT_EQ(cluster.pick(), 0U);
    cluster.set({});
    EXPECT_EQ(cluster.pick(), 0U);
    cluster.set({group(1, 0)});
    EXPECT_EQ(cluster.pick(), 0U);
    cluster.set({group(1, 3, 0, EndpointHealth::unhealthy)});
    EXPECT_EQ(cluster.pick(), 0U);
  }
}

TEST(UpstreamCluster, RoundRobinGoesThroughTheHostsFromARandomStart) {
  std::set<std::uint32_t> starts;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Cluster cluster(config_of(LbPolicy::round_robin), seed);
    cluster.set({group(1, 5)});
    std::uint32_t last = cluster.pick();
    starts.insert(last);
    for (int i = 0; i < 20; ++i) {
      const std::uint32_t next = cluster.pick();
      ASSERT_EQ(next, last % 5 + 1) << "seed " << seed;
      last = next;
    }
  }
  EXPECT_EQ(starts.size(), 5U);
}

TEST(UpstreamCluster, RandomIsUniform) {
  Cluster cluster(config_of(LbPolicy::random));
  cluster.set({group(1, 4)});
  for (const auto& [n, count] : cluster.picks(20000)) expect_share(count, 20000, 0.25, std::to_string(n));
}

// With hosts 1 busy and 2..4 idle, host 1 is taken only when both draws are it: 1/16.
TEST(UpstreamCluster, LeastRequestTakesTheLessBusyOfTwo) {
  Cluster cluster(config_of(LbPolicy::least_request));
  cluster.set({group(1, 4)});
  cluster->request_started(cluster.get(1));
  auto counts = cluster.picks(16000);
  expect_share(counts[1], 16000, 1.0 / 16, "busy");
  expect_share(counts[2], 16000, 5.0 / 16, "idle");
  cluster->request_finished(cluster.get(1));
  counts = cluster.picks(16000);
  expect_share(counts[1], 16000, 1.0 / 4, "idle again");
}

TEST(UpstreamCluster, WeightsAreKeptExactlyByRoundRobin) {
  Cluster cluster(config_of(LbPolicy::round_robin));
  LocalityEndpoints hosts = group(1, 4);
  hosts.endpoints[0].weight = 1;
  hosts.endpoints[1].weight = 2;
  hosts.endpoints[2].weight = 2;
  hosts.endpoints[3].weight = 5;
  cluster.set({hosts});
  auto counts = cluster.picks(1000);
  EXPECT_NEAR(counts[1], 100, 2);
  EXPECT_NEAR(counts[2], 200, 2);
  EXPECT_NEAR(counts[3], 200, 2);
  EXPECT_NEAR(counts[4], 500, 2);
}

// Weight 4 with three requests under way is as good as weight 1 with none.
TEST(UpstreamCluster, LeastRequestDividesDifferingWeightsByTheActiveRequests) {
  Cluster cluster(config_of(LbPolicy::least_request));
  LocalityEndpoints hosts = group(1, 2);
  hosts.endpoints[0].weight = 4;
  cluster.set({hosts});
  auto counts = cluster.picks(1000);
  EXPECT_NEAR(counts[1], 800, 3);
  UpstreamCluster::Host& heavy = cluster.get(1);
  for (int i = 0; i < 3; ++i) cluster->request_started(heavy);
  cluster.picks(10);
  counts = cluster.picks(1000);
  EXPECT_NEAR(counts[1], 500, 3);
}

TEST(UpstreamCluster, HonoursHealthStatus) {
  struct {
    const char* what;
    EndpointHealth health;
    bool used;
  } const rows[] = {
      {"unknown", EndpointHealth::unknown, true},      {"healthy", EndpointHealth::healthy, true},
      {"unhealthy", EndpointHealth::unhealthy, false}, {"draining", EndpointHealth::draining, false},
      {"timeout", EndpointHealth::timeout, false},     {"degraded", EndpointHealth::degraded, false},
  };
  for (const auto& row : rows) {
    Cluster cluster(config_of(LbPolicy::random));
    cluster.set({group(1, 9), group(10, 1, 0, row.health)});  // 9 of 10 are enough: 126 %
    EXPECT_EQ(cluster.picks(500)[10] > 0, row.used) << row.what;
  }
}

TEST(UpstreamCluster, DegradedHostsTakeWhatHealthyOnesCannot) {
  Cluster cluster(config_of(LbPolicy::random));
  cluster.set({group(1, 5), group(6, 5, 0, EndpointHealth::degraded)});  // 70 and 30 %
  int degraded = 0;
  for (const auto& [n, count] : cluster.picks(20000)) degraded += n > 5 ? count : 0;
  expect_share(degraded, 20000, 0.3, "degraded");
}

TEST(UpstreamCluster, SpillsToTheNextPriorityByHealth) {
  Cluster cluster(config_of(LbPolicy::random));
  cluster.set({group(1, 50), group(51, 50, 0, EndpointHealth::unhealthy), group(101, 60, 1),
               group(161, 40, 1, EndpointHealth::unhealthy)});
  int second = 0;
  for (const auto& [n, count] : cluster.picks(20000)) {
    ASSERT_TRUE(n <= 50 || (n > 100 && n <= 160)) << n;
    second += n > 100 ? count : 0;
  }
  expect_share(second, 20000, 0.3, "priority 1");
}

TEST(UpstreamCluster, PanicUsesEveryHost) {
  Cluster cluster(config_of(LbPolicy::round_robin, 50));
  cluster.set({group(1, 1), group(2, 3, 0, EndpointHealth::unhealthy)});
  EXPECT_EQ(cluster.picks(400).size(), 4U);
  cluster.set({group(1, 2), group(3, 2, 0, EndpointHealth::unhealthy)});  // 50 % is not below 50 %
  EXPECT_EQ(cluster.picks(400).size(), 2U);
  cluster.set({group(1, 4, 0, EndpointHealth::unhealthy)});
  EXPECT_EQ(cluster.picks(400).size(), 4U);
}

TEST(UpstreamCluster, WeighsLocalitiesByWeightAndHealth) {
  ClusterConfig config = config_of(LbPolicy::random);
  config.weighted_by_locality = true;
  Cluster cluster(config);
  LocalityEndpoints x = group(1, 5), x_down = group(6, 5, 0, EndpointHealth::unhealthy), y = group(11, 20);
  x.endpoints.insert(x.endpoints.end(), x_down.endpoints.begin(), x_down.endpoints.end());
  x.weight = 1;
  y.weight = 2;
  cluster.set({x, y});
  int to_x = 0;
  for (const auto& [n, count] : cluster.picks(10000)) to_x += n <= 5 ? count : 0;
  EXPECT_NEAR(to_x, 2593, 3) << "1 * 1.4 * 0.5 against 2";

  LocalityEndpoints without_weight = group(40, 5);
  cluster.set({x, y, without_weight});
  for (const auto& [n, count] : cluster.picks(1000))
    EXPECT_LT(n, 40U) << count << " picks of a locality without weight";

  cluster->update_config(std::make_shared<ClusterConfig>(config_of(LbPolicy::random)));
  expect_share(cluster.picks(10000)[40], 10000, 1.0 / 30, "a cluster that does not weigh localities");
}

TEST(UpstreamCluster, PassesOverHostsThatWereTried) {
  Cluster cluster(config_of(LbPolicy::round_robin));
  cluster.set({group(1, 3)});
  const std::vector<SocketAddress> tried{host(1), host(2)};
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(UpstreamCluster::address_of(*cluster->pick(0, tried, 3)), host(3));
  }
  const std::vector<SocketAddress> all{host(1), host(2), host(3)};
  EXPECT_NE(cluster->pick(0, all, 5), nullptr) << "the last pick stands";
  int tried_again = 0;
  for (int i = 0; i < 300; ++i) tried_again += UpstreamCluster::address_of(*cluster->pick(0, tried, 1)) != host(3);
  EXPECT_EQ(tried_again, 200) << "one attempt looks once";
}

ClusterConfig with_outliers(std::uint32_t max_percent = 100) {
  ClusterConfig config = config_of(LbPolicy::random);
  config.outlier.emplace();
  config.outlier->max_ejection_percent = max_percent;
  config.outlier->enforcing_success_rate = 0;
  return config;
}

TEST(UpstreamCluster, EjectedHostsAreNotPickedAndComeBack) {
  Cluster cluster(with_outliers());
  cluster.set({group(1, 4)});
  EXPECT_EQ(cluster->next_tick(), 10 * kSecond);
  cluster.fail(2);
  ASSERT_EQ(cluster.events().size(), 1U);
  EXPECT_EQ(cluster.events()[0].host, host(2));
  EXPECT_STREQ(cluster.events()[0].reason, "consecutive_5xx");
  EXPECT_EQ(cluster.picks(1000)[2], 0);
  cluster->tick(10 * kSecond, cluster.events());
  cluster->tick(20 * kSecond, cluster.events());
  EXPECT_EQ(cluster.picks(1000)[2], 0);
  cluster->tick(cluster->next_tick(), cluster.events());
  ASSERT_EQ(cluster.events().size(), 2U);
  EXPECT_FALSE(cluster.events()[1].ejected);
  EXPECT_GT(cluster.picks(1000)[2], 0);
}

// Two of four ejected in the own zone: 70 % stay there, 30 % go to the other zone. All ejected: everything goes.
TEST(UpstreamCluster, EjectionMovesTrafficToTheNextPriority) {
  Cluster cluster(with_outliers());
  cluster.set({group(1, 4), group(101, 4, 1)});
  const auto share_of_second = [&] {
    int second = 0;
    for (const auto& [n, count] : cluster.picks(20000)) second += n > 100 ? count : 0;
    return second;
  };
  EXPECT_EQ(share_of_second(), 0);
  cluster.fail(1);
  EXPECT_EQ(share_of_second(), 0) << "3 of 4 are enough";
  cluster.fail(2);
  expect_share(share_of_second(), 20000, 0.3, "half ejected");
  cluster.fail(3);
  cluster.fail(4);
  EXPECT_EQ(share_of_second(), 20000);
}

TEST(UpstreamCluster, RoundRobinAndWeightsLeaveEjectedHostsOut) {
  for (const bool weighted : {false, true}) {
    ClusterConfig config = with_outliers();
    config.lb_policy = LbPolicy::round_robin;
    Cluster cluster(config);
    LocalityEndpoints hosts = group(1, 6);
    if (weighted) hosts.endpoints[0].weight = 3;
    cluster.set({hosts});
    cluster.fail(2);
    cluster.fail(5);
    auto counts = cluster.picks(600);
    EXPECT_EQ(counts[2] + counts[5], 0);
    EXPECT_NEAR(counts[1], weighted ? 300 : 150, 2);
    for (const std::uint32_t n : {3, 4, 6}) EXPECT_NEAR(counts[n], weighted ? 100 : 150, 2) << n;
  }
}

TEST(UpstreamCluster, KeepsTheStateOfHostsThatStay) {
  Cluster cluster(with_outliers());
  cluster.set({group(1, 4)});
  cluster.fail(3);
  cluster.set({group(2, 9), group(20, 1, 1)});  // host 3 has another position now
  EXPECT_EQ(cluster.picks(1000)[3], 0);
  cluster.set({group(10, 4)});
  cluster.set({group(1, 4)});
  EXPECT_GT(cluster.picks(1000)[3], 0) << "one that left and came back starts afresh";
}

TEST(UpstreamCluster, HostsThatLeftLiveUntilTheirLastRequestEnds) {
  Cluster cluster(with_outliers());
  cluster.set({group(1, 2)});
  UpstreamCluster::Host& old = cluster.get(1);
  cluster->request_started(old);
  cluster->request_started(old);
  cluster.set({group(5, 2)});
  EXPECT_EQ(UpstreamCluster::address_of(old), host(1));
  for (int i = 0; i < 10; ++i) cluster->report(old, UpstreamOutcome::error_5xx, 0, cluster.events());
  EXPECT_TRUE(cluster.events().empty()) << "nobody ejects a host that is gone";
  cluster->request_finished(old);
  EXPECT_EQ(UpstreamCluster::address_of(old), host(1));
  cluster->request_finished(old);
  EXPECT_EQ(cluster.picks(100).size(), 2U);
}

TEST(UpstreamCluster, TurningOutlierDetectionOffReturnsEverybody) {
  Cluster cluster(with_outliers());
  cluster.set({group(1, 4)});
  cluster.fail(2);
  cluster->update_config(std::make_shared<ClusterConfig>(config_of(LbPolicy::random)));
  EXPECT_GT(cluster.picks(1000)[2], 0);
  EXPECT_EQ(cluster->next_tick(), 0);
  cluster->update_config(std::make_shared<ClusterConfig>(with_outliers()));
  cluster.fail(3, 100 * kSecond);
  EXPECT_EQ(cluster.picks(1000)[3], 0);
  EXPECT_EQ(cluster->next_tick(), 110 * kSecond);
}

TEST(UpstreamCluster, AnEndpointNamedTwiceIsOneHost) {
  Cluster cluster(config_of(LbPolicy::round_robin));
  cluster.set({group(1, 2, 1), group(1, 2), group(2, 2)});
  EXPECT_EQ(cluster.picks(300), (std::map<std::uint32_t, int>{{1, 100}, {2, 100}, {3, 100}}));
}

// Against a model that copies and filters lists, over random ejections and updates.
TEST(UpstreamCluster, RoundRobinAgreesWithANaiveModel) {
  RandomStream random(3, "model");
  ClusterConfig config = with_outliers();
  config.lb_policy = LbPolicy::round_robin;
  Cluster cluster(config);
  cluster.set({group(1, 40)});
  std::set<std::uint32_t> left;
  for (std::uint32_t n = 1; n <= 40; ++n) left.insert(n);
  while (left.size() > 1) {
    auto victim = left.begin();
    std::advance(victim, static_cast<std::ptrdiff_t>(random.below(left.size())));
    cluster.fail(*victim);
    left.erase(victim);
    std::uint32_t last = cluster.pick();
    ASSERT_TRUE(left.contains(last));
    for (std::size_t i = 0; i < 2 * left.size(); ++i) {
      auto expected = left.upper_bound(last);
      if (expected == left.end()) expected = left.begin();
      last = cluster.pick();
      ASSERT_EQ(last, *expected) << left.size() << " left";
    }
  }
}

}  // namespace
}  // namespace meshtwin
