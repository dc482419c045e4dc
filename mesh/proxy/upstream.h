#pragma once

// A cluster that this proxy sends to: its hosts and their state (UpstreamCluster), a connection pool for each host
// used, what its circuit breakers count, and the interval work of outlier detection. Made when the first request goes
// there.

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "mesh/proxy/proxy_context.h"
#include "mesh/runtime/clock.h"
#include "mesh/traffic/upstream_cluster.h"
#include "mesh/wire/http_pool.h"

namespace meshtwin {

class Upstream {
 public:
  struct HostPool {
    HostPool(ProxyContext& context, const ClusterConfig& cluster, PoolBudget& budget, SocketAddress address);

    const SocketAddress address;
    const std::uint32_t pod;  // kNoPod: not one of the Plan's
    HttpPool pool;
  };

  Upstream(ProxyContext& context, std::shared_ptr<const ClusterConfig> config,
           std::shared_ptr<const ClusterAssignment> assignment);

  UpstreamCluster& cluster() { return cluster_; }
  HostPool& pool_of(const UpstreamCluster::Host& host);
  void report(UpstreamCluster::Host& host, UpstreamOutcome outcome);

  void update_config(std::shared_ptr<const ClusterConfig> config);
  void update_assignment(std::shared_ptr<const ClusterAssignment> assignment);

  // A connection that is no pool's (a relay's); false: the cluster has as many as it may.
  bool take_connection();
  void return_connection() { --budget_.connections; }

  // What the breakers limit; counted by the exchanges.
  std::uint32_t active_requests = 0;
  std::uint32_t active_retries = 0;

 private:
  void record_events();
  void schedule_tick();

  ProxyContext& context_;
  UpstreamCluster cluster_;
  PoolBudget budget_;
  std::map<SocketAddress, std::unique_ptr<HostPool>> pools_;
  std::vector<std::unique_ptr<HostPool>> draining_;  // of hosts that left
  HostPool* last_pool_ = nullptr;
  std::vector<EjectionEvent> events_;
  Time tick_at_ = 0;
  Timer tick_;
};

}  // namespace meshtwin
