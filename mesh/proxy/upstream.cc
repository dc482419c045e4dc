#include "mesh/proxy/upstream.h"

#include <algorithm>
#include <set>
#include <utility>

#include "mesh/proxy/mesh_metrics.h"
#include "mesh/runtime/chance.h"
#include "mesh/traffic/assignment_index.h"

namespace meshtwin {
namespace {

constexpr MetricFamily kEjectionsActive{"envoy_cluster_outlier_detection_ejections_active", "Hosts ejected now",
                                        MetricKind::gauge};
constexpr MetricFamily kEjectionsEnforced{"envoy_cluster_outlier_detection_ejections_enforced_total", "Ejections",
                                          MetricKind::counter};

std::uint32_t pod_at(const ProxyContext& context, std::uint32_t ip) {
  const auto found = context.pod_of_ip.find(ip);
  return found == context.pod_of_ip.end() ? kNoPod : found->second;
}

PoolOptions pool_options(const ClusterConfig& cluster) {
  PoolOptions options;
  options.max_requests_per_connection = cluster.max_requests_per_connection;
  options.idle_timeout = cluster.idle_timeout;
  return options;
}

// What a change of makes a connection one that would be made or kept otherwise now, or with somebody else.
bool reached_alike(const ClusterConfig& a, const ClusterConfig& b) {
  return a.http2 == b.http2 && a.identities == b.identities && a.server_name == b.server_name &&
         a.max_requests_per_connection == b.max_requests_per_connection && a.idle_timeout == b.idle_timeout;
}

}  // namespace

Upstream::HostPool::HostPool(ProxyContext& context, Connector& connector, const ClusterConfig& cluster,
                             PoolBudget& budget, SocketAddress at, EndpointTransport by,
                             const MetricDestination* metric_destination)
    : address(at),
      transport(by),
      pod(pod_at(context, at.ip)),
      destination(metric_destination),
      pool(context.runtime, connector, context.codecs.of(cluster.http2 ? HttpVersion::http2 : HttpVersion::http1),
           pool_options(cluster), budget, [at] { return at; }) {}

Upstream::Upstream(ProxyContext& context, std::shared_ptr<const ClusterConfig> config,
                   std::shared_ptr<const ClusterAssignment> assignment)
    : context_(context), cluster_(config, context.runtime.chance.stream("lb/" + context.node_id + "/" + config->name)) {
  update_config(std::move(config));
  if (assignment != nullptr) cluster_.update_endpoints(std::move(assignment), context_.runtime.clock.now());
  schedule_tick();
}

Upstream::HostPool& Upstream::pool_of(const UpstreamCluster::Host& host) {
  const SocketAddress address = UpstreamCluster::address_of(host);
  if (last_pool_ != nullptr && last_pool_->address == address) return *last_pool_;
  std::unique_ptr<HostPool>& pool = pools_[address];
  if (pool == nullptr) {
    const EndpointTransport transport = cluster_.transport_of(host);
    pool = std::make_unique<HostPool>(context_, connector(transport, Inside::http), cluster_.config(), budget_, address,
                                      transport, metric_destination(host));
  }
  last_pool_ = pool.get();
  return *pool;
}

const MetricDestination* Upstream::metric_destination() {
  if (metric_destination_ == nullptr && context_.metrics != nullptr) {
    metric_destination_ = &context_.metrics->cluster(cluster_.config().name);
  }
  return metric_destination_;
}

const MetricDestination* Upstream::metric_destination(const UpstreamCluster::Host& host) const {
  if (context_.metrics == nullptr) return nullptr;
  return &context_.metrics->endpoint(cluster_.config(), cluster_.workload_of(host),
                                     cluster_.transport_of(host) != EndpointTransport::plain);
}

Connector& Upstream::connector(EndpointTransport transport, Inside inside) {
  std::unique_ptr<Connector>& made = connectors_[{transport, inside}];
  if (made == nullptr) made = make_upstream_connector(context_, cluster_, transport, inside);
  return *made;
}

Handle Upstream::connect(const UpstreamCluster::Host& host, ConnectHandler then) {
  return connector(cluster_.transport_of(host), Inside::tcp)
      .connect(UpstreamCluster::address_of(host), std::move(then));
}

bool Upstream::take_connection() {
  if (budget_.connections >= budget_.max_connections) return false;
  ++budget_.connections;
  return true;
}

void Upstream::report(UpstreamCluster::Host& host, UpstreamOutcome outcome) {
  cluster_.report(host, outcome, context_.runtime.clock.now(), events_);
  if (!events_.empty()) record_events();
  schedule_tick();
}

void Upstream::record_tls_failure(SocketAddress host, const std::string& detail) {
  constexpr std::size_t kRecorded = 64;
  if (tls_failures_.size() >= kRecorded || !tls_failures_.emplace(host, detail).second) return;
  context_.recorder.event({context_.runtime.clock.now(), "upstream_tls_failed", to_string(host),
                           cluster_.config().name + " by " + context_.node_id + ": " + detail});
}

void Upstream::record_events() {
  for (const EjectionEvent& event : events_) {
    count_ejection(event);
    context_.recorder.event({context_.runtime.clock.now(), event.ejected ? "ejected" : "returned",
                             to_string(event.host),
                             cluster_.config().name + " by " + context_.node_id + ": " + event.reason});
  }
  events_.clear();
}

void Upstream::count_ejection(const EjectionEvent& event) {
  if (context_.metrics == nullptr) return;
  if (ejections_active_ == nullptr) {
    LabelText labels;
    labels.add("cluster_name", cluster_.config().name);
    MetricRegistry& registry = context_.metrics->registry();
    ejections_active_ = &registry.gauge(kEjectionsActive, labels);
    ejections_enforced_ = &registry.counter(kEjectionsEnforced, labels);
  }
  if (event.ejected) {
    ejected_.insert(event.host);
    ejections_enforced_->add();
  } else {
    ejected_.erase(event.host);
  }
  *ejections_active_ = static_cast<double>(ejected_.size());
}

void Upstream::schedule_tick() {
  const Time at = cluster_.next_tick();
  if (at == tick_at_) return;
  tick_at_ = at;
  if (at == 0) {
    tick_.cancel();
    return;
  }
  Clock& clock = context_.runtime.clock;
  tick_ = clock.after(std::max<Duration>(0, at - clock.now()), [this] {
    tick_at_ = 0;
    cluster_.tick(context_.runtime.clock.now(), events_);
    record_events();
    schedule_tick();
  });
}

void Upstream::update_config(std::shared_ptr<const ClusterConfig> config) {
  budget_.max_connections = config->breakers.max_connections;
  budget_.max_pending = config->breakers.max_pending_requests;
  const bool alike = reached_alike(cluster_.config(), *config);
  cluster_.update_config(std::move(config));
  schedule_tick();
  if (alike) return;
  last_pool_ = nullptr;
  for (auto& [address, host] : std::exchange(pools_, {})) drain(std::move(host));
}

void Upstream::drain(std::unique_ptr<HostPool> host) {
  host->pool.drain();
  draining_.push_back(std::move(host));
}

void Upstream::update_assignment(std::shared_ptr<const ClusterAssignment> assignment) {
  std::set<SocketAddress> present;  // and reached as before
  for (const LocalityEndpoints& locality : assignment->localities) {
    for (const EndpointConfig& endpoint : locality.endpoints) {
      const auto pool = pools_.find(endpoint.address);
      if (pool != pools_.end() && pool->second->transport == endpoint.transport) present.insert(endpoint.address);
    }
  }
  if (!ejected_.empty()) {
    const AssignmentIndex& index = index_of(*assignment);
    std::erase_if(ejected_, [&index](SocketAddress host) { return !index.position_of(host).has_value(); });
    *ejections_active_ = static_cast<double>(ejected_.size());
  }
  cluster_.update_endpoints(std::move(assignment), context_.runtime.clock.now());
  schedule_tick();
  last_pool_ = nullptr;
  for (auto at = pools_.begin(); at != pools_.end();) {
    if (present.count(at->first) != 0) {
      ++at;
    } else {
      drain(std::move(at->second));
      at = pools_.erase(at);
    }
  }
  std::erase_if(draining_, [](const std::unique_ptr<HostPool>& host) { return host->pool.empty(); });
}

}  // namespace meshtwin
