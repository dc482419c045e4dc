#include "mesh/traffic/zone_aware.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "mesh/traffic/upstream_cluster.h"

namespace meshtwin {
namespace {

const Locality kA{"r", "a", ""}, kB{"r", "b", ""}, kC{"r", "c", ""};

std::vector<ZoneHosts> zones(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  return {{kA, a, a}, {kB, b, b}, {kC, c, c}};
}

TEST(ZonePlan, ComparesSendersWithReceivers) {
  using Kind = ZonePlan::Kind;
  struct {
    const char* what;
    std::vector<ZoneHosts> local;
    std::vector<ZoneHosts> upstream;
    Kind kind;
    std::uint32_t kept = 0;
    std::vector<std::uint64_t> residual = {};
  } const rows[] = {
      {"as many", zones(10, 10, 10), zones(5, 5, 5), Kind::direct},
      {"more receivers", zones(10, 20, 20), zones(6, 2, 2), Kind::direct},
      {"half as many", zones(2, 4, 4), zones(1, 4, 5), Kind::residual, 5000, {0, 0, 1000}},
      {"40/40/20 senders, 25/50/25 receivers", zones(4, 4, 2), zones(5, 10, 5), Kind::residual, 6250, {0, 1000, 1500}},
      {"no receivers here", zones(5, 5, 0), zones(0, 5, 5), Kind::residual, 0, {0, 0, 5000}},
      {"no senders there", zones(5, 5, 0), zones(2, 4, 4), Kind::residual, 4000, {0, 0, 4000}},
      {"too few receivers", zones(4, 4, 2), zones(2, 2, 1), Kind::anywhere},
      {"senders in one zone", {{kA, 9, 9}}, zones(1, 4, 5), Kind::anywhere},
      {"receivers in one zone", zones(4, 4, 2), {{kB, 10, 10}}, Kind::anywhere},
      {"no senders here", zones(0, 4, 2), zones(1, 4, 5), Kind::anywhere},
      {"senders not known", {}, zones(1, 4, 5), Kind::anywhere},
      {"senders in panic", {{kA, 1, 4}, {kB, 2, 4}}, zones(1, 4, 5), Kind::anywhere},
  };
  for (const auto& row : rows) {
    const ZonePlan plan = plan_zone_routing(kA, row.local, row.upstream, {}, 50);
    EXPECT_EQ(plan.kind, row.kind) << row.what;
    if (row.kind != Kind::residual) continue;
    EXPECT_EQ(plan.kept, row.kept) << row.what;
    EXPECT_EQ(plan.residual, row.residual) << row.what;
  }
  const ZoneAwareConfig fails{100, 6, true};
  EXPECT_EQ(plan_zone_routing(kA, std::vector<ZoneHosts>{{kA, 1, 4}, {kB, 2, 4}}, zones(1, 4, 5), fails, 50).kind,
            Kind::nowhere);
  const ZoneAwareConfig small{100, 5, false};
  EXPECT_EQ(plan_zone_routing(kA, zones(4, 4, 2), zones(2, 2, 1), small, 50).kind, Kind::direct);
}

// Hosts 1.. in zone a, 101.. in b, 201.. in c.
std::shared_ptr<ClusterAssignment> assign(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  auto assignment = std::make_shared<ClusterAssignment>();
  std::uint32_t first = 1;
  for (const ZoneHosts& zone : zones(a, b, c)) {
    LocalityEndpoints& group = assignment->localities.emplace_back();
    group.locality = zone.locality;
    for (std::uint32_t i = 0; i < zone.total; ++i)
      group.endpoints.push_back({{first + i, 80}, EndpointHealth::healthy, 1});
    first += 100;
  }
  return assignment;
}

class ZoneAwareCluster : public testing::Test {
 protected:
  ZoneAwareCluster() {
    config.lb_policy = LbPolicy::round_robin;
    config.panic_threshold_percent = 50;
    config.zone_aware.emplace();
    config.outlier.emplace().max_ejection_percent = 100;
  }
  void start(const Locality& own) {
    cluster = std::make_unique<UpstreamCluster>(std::make_shared<ClusterConfig>(config), RandomStream(1, "zones"));
    cluster->update_endpoints(assign(5, 10, 5), 0);
    cluster->set_local_cluster(own, *assign(4, 4, 2));
  }
  // Percent of 20,000 requests, by zone; none chosen at all: zone 9.
  std::map<int, double> shares() {
    std::map<int, int> counts;
    for (int i = 0; i < 20000; ++i) {
      const UpstreamCluster::Host* host = cluster->pick(0);
      ++counts[host == nullptr ? 9 : static_cast<int>(UpstreamCluster::address_of(*host).ip / 100)];
    }
    std::map<int, double> shares;
    for (const auto& [zone, count] : counts) shares[zone] = count / 200.0;
    return shares;
  }

  ClusterConfig config;
  std::unique_ptr<UpstreamCluster> cluster;
};

constexpr double kNear = 5 * 50 / 141.4;  // five deviations of a share of a half, in percent

TEST_F(ZoneAwareCluster, KeepsWhatTheOwnZoneCanTake) {
  start(kA);
  auto share = shares();
  EXPECT_NEAR(share[0], 62.5, kNear);
  EXPECT_NEAR(share[1], 25, kNear) << "two thirds of the rest";
  EXPECT_NEAR(share[2], 12.5, kNear);
  start(kB);
  EXPECT_EQ(shares()[1], 100) << "half of the receivers, 40 % of the senders";
}

// Over all senders every receiver gets the same: 40, 40 and 20 % send as the zones' plans say.
TEST_F(ZoneAwareCluster, OverallNobodyGetsMore) {
  std::map<int, double> received;
  for (const auto& [own, senders] : {std::pair{kA, 0.4}, {kB, 0.4}, {kC, 0.2}}) {
    start(own);
    for (const auto& [zone, share] : shares()) received[zone] += share * senders;
  }
  EXPECT_NEAR(received[0], 25, kNear);
  EXPECT_NEAR(received[1], 50, kNear);
  EXPECT_NEAR(received[2], 25, kNear);
}

TEST_F(ZoneAwareCluster, EjectedHostsDoNotCount) {
  start(kB);
  std::vector<EjectionEvent> events;
  for (int ejected = 0; ejected < 5; ++ejected) {  // 5, 5 and 5 are left: a third, for 40 % of the senders
    UpstreamCluster::Host& host = *cluster->pick(0);
    for (int i = 0; i < 5; ++i) cluster->report(host, UpstreamOutcome::error_5xx, 0, events);
  }
  ASSERT_EQ(events.size(), 5U);
  EXPECT_NEAR(shares()[1], 83.3, kNear);
}

TEST_F(ZoneAwareCluster, ShareOfRequestsItIsOnFor) {
  config.zone_aware->routing_enabled_percent = 50;
  start(kB);
  EXPECT_NEAR(shares()[1], 75, kNear) << "half of them direct, half anywhere";
  config.zone_aware->routing_enabled_percent = 0;
  start(kB);
  EXPECT_EQ(shares()[1], 50);
}

TEST_F(ZoneAwareCluster, LocalityWeightsGoBeforeIt) {
  config.weighted_by_locality = true;
  start(kB);
  EXPECT_EQ(shares()[1], 50);
}

TEST_F(ZoneAwareCluster, FailsInPanicWhereItShould) {
  config.zone_aware->fail_traffic_on_panic = true;
  start(kB);
  const auto ill = assign(5, 10, 5);
  for (LocalityEndpoints& group : ill->localities) {
    for (EndpointConfig& endpoint : group.endpoints) endpoint.health = EndpointHealth::unhealthy;
  }
  cluster->update_endpoints(ill, 0);
  EXPECT_EQ(shares()[9], 100);
}

}  // namespace
}  // namespace meshtwin
