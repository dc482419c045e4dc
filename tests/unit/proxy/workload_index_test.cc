// Where a ztunnel sends a connection.

#include "mesh/proxy/workload_index.h"

#include <gtest/gtest.h>

namespace meshtwin {
namespace {

constexpr std::uint32_t kVip = 0x0a600001;
constexpr std::uint32_t kWaypoint = 0x0a010009;

std::shared_ptr<WorkloadEntry> workload(std::uint32_t ip, bool hbone = true) {
  auto entry = std::make_shared<WorkloadEntry>();
  entry->uid = "Kubernetes//Pod/default/p" + std::to_string(ip);
  entry->ip = ip;
  entry->identity.service_account = "backend";
  entry->hbone = hbone;
  entry->services["backend.example"] = {{80, 8080}};
  return entry;
}

std::shared_ptr<ServiceEntryPoint> service(SocketAddress waypoint = {}) {
  auto entry = std::make_shared<ServiceEntryPoint>();
  entry->host = "backend.example";
  entry->vip = kVip;
  entry->ports = {{80, 8080}};
  entry->waypoint = waypoint;
  return entry;
}

class Index : public ::testing::Test {
 protected:
  L4Route route(SocketAddress to) { return index.route(to, random); }
  std::map<std::uint32_t, int> drawn(int times) {
    std::map<std::uint32_t, int> counts;
    for (int i = 0; i < times; ++i) ++counts[route({kVip, 80}).pod];
    return counts;
  }
  WorkloadIndex index;
  RandomStream random{1, "test"};
};

TEST_F(Index, WhatIsNotOfTheMeshIsPassedThrough) {
  const L4Route to = route({5, 443});
  EXPECT_EQ(to.by, L4Route::By::passthrough);
  EXPECT_EQ(to.to, (SocketAddress{5, 443}));
}

TEST_F(Index, AServicesEndpointsAreDrawnAndReachedAtTheirOwnPort) {
  index.set(service());
  for (std::uint32_t ip : {1, 2, 3}) index.set(workload(ip));
  const L4Route to = route({kVip, 80});
  EXPECT_EQ(to.by, L4Route::By::hbone);
  EXPECT_EQ(to.to, (SocketAddress{to.pod, 15008}));
  EXPECT_EQ(to.inside, (SocketAddress{to.pod, 8080}));
  EXPECT_EQ(to.identity, "spiffe://cluster.local/ns/default/sa/backend");
  const auto counts = drawn(3000);
  ASSERT_EQ(counts.size(), 3u);
  for (const auto& [ip, count] : counts) EXPECT_NEAR(count, 1000, 120) << ip;
}

TEST_F(Index, OnlyHealthyEndpointsAreDrawn) {
  index.set(service());
  for (std::uint32_t ip : {1, 2}) index.set(workload(ip));
  auto ill = workload(1);
  ill->healthy = false;
  index.set(ill);
  EXPECT_EQ(drawn(50), (std::map<std::uint32_t, int>{{2, 50}}));
  index.remove(workload(2)->uid);
  EXPECT_EQ(route({kVip, 80}).by, L4Route::By::nowhere);
  index.set(workload(1));
  EXPECT_EQ(drawn(5), (std::map<std::uint32_t, int>{{1, 5}}));
  EXPECT_EQ(route({kVip, 81}).by, L4Route::By::nowhere);  // no such port
}

TEST_F(Index, APodIsReachedDirectlyByHboneWhereItHasIt) {
  index.set(workload(1));
  index.set(workload(2, false));
  EXPECT_EQ(route({1, 9000}).by, L4Route::By::hbone);
  EXPECT_EQ(route({1, 9000}).inside, (SocketAddress{1, 9000}));
  EXPECT_EQ(route({2, 9000}).by, L4Route::By::plain);
  EXPECT_EQ(route({2, 9000}).to, (SocketAddress{2, 9000}));
}

TEST_F(Index, AWaypointIsAskedForTheVirtualAddressAndOnlyAsWhoItIs) {
  index.set(service({kWaypoint, 15008}));
  index.set(workload(1));
  EXPECT_EQ(route({kVip, 80}).by, L4Route::By::nowhere);  // whose identity is not known
  auto waypoint = workload(kWaypoint);
  waypoint->services.clear();
  waypoint->identity.service_account = "waypoint";
  index.set(waypoint);
  const L4Route to = route({kVip, 80});
  EXPECT_EQ(to.by, L4Route::By::hbone);
  EXPECT_EQ(to.to, (SocketAddress{kWaypoint, 15008}));
  EXPECT_EQ(to.inside, (SocketAddress{kVip, 80}));
  EXPECT_EQ(to.identity, "spiffe://cluster.local/ns/default/sa/waypoint");
  EXPECT_EQ(to.pod, 0u);
  index.set(service());
  EXPECT_EQ(route({kVip, 80}).pod, 1u);
  index.remove("default/backend.example");
  EXPECT_EQ(route({kVip, 80}).by, L4Route::By::passthrough);
}

}  // namespace
}  // namespace meshtwin
