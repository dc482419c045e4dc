#pragma once

// A cluster that this proxy sends to: its hosts and their state (UpstreamCluster), a connection pool for each host
// used, what its circuit breakers count, and the interval work of outlier detection. Made when the first request goes
// there.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/upstream_connector.h"
#include "mesh/runtime/clock.h"
#include "mesh/telemetry/metrics.h"
#include "mesh/traffic/upstream_cluster.h"
#include "mesh/wire/http_pool.h"

namespace meshtwin {

struct MetricDestination;

class Upstream {
 public:
  struct HostPool {
    HostPool(ProxyContext& context, Connector& connector, const ClusterConfig& cluster, PoolBudget& budget,
             SocketAddress address, EndpointTransport transport, const MetricDestination* destination);

    const SocketAddress address;
    const EndpointTransport transport;
    const std::uint32_t pod;                     // kNoPod: not one of the Plan's
    const MetricDestination* const destination;  // null: no metrics are kept
    HttpPool pool;
  };

  Upstream(ProxyContext& context, std::shared_ptr<const ClusterConfig> config,
           std::shared_ptr<const ClusterAssignment> assignment);

  UpstreamCluster& cluster() { return cluster_; }
  HostPool& pool_of(const UpstreamCluster::Host& host);
  // For the metrics, null where none are kept: the cluster, where no endpoint was chosen; and an endpoint.
  const MetricDestination* metric_destination();
  const MetricDestination* metric_destination(const UpstreamCluster::Host& host) const;
  void report(UpstreamCluster::Host& host, UpstreamOutcome outcome);
  // Records, once for each of its reasons, that a host could not prove to be who it should.
  void record_tls_failure(SocketAddress host, const std::string& detail);

  void update_config(std::shared_ptr<const ClusterConfig> config);
  void update_assignment(std::shared_ptr<const ClusterAssignment> assignment);

  // A connection that is no pool's (a relay's); false: the cluster has as many as it may.
  bool take_connection();
  Handle connect(const UpstreamCluster::Host& host, ConnectHandler then);  // for a connection that was taken
  void return_connection() { --budget_.connections; }

  // What the breakers limit; counted by the exchanges.
  std::uint32_t active_requests = 0;
  std::uint32_t active_retries = 0;

 private:
  Connector& connector(EndpointTransport transport, Inside inside);
  void drain(std::unique_ptr<HostPool> host);
  void record_events();
  void count_ejection(const EjectionEvent& event);
  void schedule_tick();

  ProxyContext& context_;
  UpstreamCluster cluster_;
  PoolBudget budget_;
  std::map<std::pair<EndpointTransport, Inside>, std::unique_ptr<Connector>> connectors_;
  std::map<SocketAddress, std::unique_ptr<HostPool>> pools_;
  std::vector<std::unique_ptr<HostPool>> draining_;  // of hosts that left
  HostPool* last_pool_ = nullptr;
  std::vector<EjectionEvent> events_;
  std::set<std::pair<SocketAddress, std::string>> tls_failures_;  // recorded
  Time tick_at_ = 0;
  Timer tick_;
  const MetricDestination* metric_destination_ = nullptr;
  std::set<SocketAddress> ejected_;     // now
  double* ejections_active_ = nullptr;  // metrics, from the first ejection on
  Counter* ejections_enforced_ = nullptr;
};

}  // namespace meshtwin
