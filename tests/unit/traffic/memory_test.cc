// What a proxy needs for a cluster must depend on the hosts it uses, not on how many the cluster has.

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "mesh/traffic/assignment_index.h"
#include "mesh/traffic/upstream_cluster.h"

namespace {
std::size_t allocated_bytes = 0;  // ever, not less what was freed: an upper bound of what is held
}

void* operator new(std::size_t size) {
  allocated_bytes += size;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace meshtwin {
namespace {

std::shared_ptr<const ClusterAssignment> assignment_of(std::uint32_t endpoints, bool weighted) {
  auto assignment = std::make_shared<ClusterAssignment>();
  for (std::uint32_t zone = 0; zone < 2; ++zone) {
    LocalityEndpoints& group = assignment->localities.emplace_back();
    group.priority = zone;
    for (std::uint32_t i = 0; i < endpoints / 2; ++i) {
      group.endpoints.push_back({{(zone << 24) + i, 80}, EndpointHealth::healthy, weighted ? 1 + i % 2 : 1});
    }
  }
  return assignment;
}

// Bytes a cluster, of 1,000 that share an assignment, each picking ten times and ejecting one host.
std::size_t bytes_per_cluster(std::uint32_t endpoints, LbPolicy policy, bool weighted, bool slow_start) {
  constexpr std::size_t kClusters = 1000;
  auto config = std::make_shared<ClusterConfig>();
  config->lb_policy = policy;
  if (slow_start) config->slow_start.emplace().window = kSecond;
  config->outlier.emplace();
  config->outlier->max_ejection_percent = 100;
  const auto assignment = assignment_of(endpoints, weighted);
  index_of(*assignment);
  std::vector<std::unique_ptr<UpstreamCluster>> clusters;
  clusters.reserve(kClusters);
  std::vector<EjectionEvent> events;
  events.reserve(kClusters);
  const std::size_t before = allocated_bytes;
  for (std::size_t c = 0; c < kClusters; ++c) {
    clusters.push_back(std::make_unique<UpstreamCluster>(config, RandomStream(c, "memory")));
    UpstreamCluster& cluster = *clusters.back();
    cluster.update_endpoints(assignment, 0);
    for (int i = 0; i < 10; ++i) cluster.request_started(*cluster.pick(0));
    UpstreamCluster::Host& bad = *cluster.pick(0, {}, 1, 7);  // by hash: the same for every proxy
    for (int i = 0; i < 5; ++i) cluster.report(bad, UpstreamOutcome::error_5xx, 0, events);
    cluster.pick(0);
  }
  EXPECT_EQ(events.size(), kClusters);
  return (allocated_bytes - before) / kClusters;
}

TEST(ClusterMemory, StaysFlatFromTwentyToTenThousandEndpoints) {
  struct {
    const char* what;
    LbPolicy policy;
    bool weighted;
    bool slow_start = false;
  } const rows[] = {{"least request", LbPolicy::least_request, false},
                    {"round robin", LbPolicy::round_robin, false},
                    {"round robin by weight", LbPolicy::round_robin, true},
                    {"slow start", LbPolicy::least_request, false, true},
                    {"ring hash", LbPolicy::ring_hash, false},
                    {"Maglev", LbPolicy::maglev, false}};
  for (const auto& row : rows) {
    const std::size_t small = bytes_per_cluster(100, row.policy, row.weighted, row.slow_start);
    const std::size_t large = bytes_per_cluster(10000, row.policy, row.weighted, row.slow_start);
    EXPECT_LT(large, small + small / 4 + 1000) << row.what;  // also its part of a table that all share
    EXPECT_LT(large, 12000U) << row.what;
    RecordProperty(row.what, static_cast<int>(large));
    std::printf("%s: %zu bytes a cluster of 100 endpoints, %zu of 10,000\n", row.what, small, large);
  }
}

}  // namespace
}  // namespace meshtwin
