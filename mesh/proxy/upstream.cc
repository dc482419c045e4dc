#include "mesh/proxy/upstream.h"

#include <algorithm>
#include <set>
#include <utility>

#include "mesh/runtime/chance.h"

namespace meshtwin {
namespace {

std::uint32_t pod_at(const ProxyContext& context, std::uint32_t ip) {
  const auto found = context.pod_of_ip.find(ip);
  return found == context.pod_of_ip.end() ? kNoPod : found->second;
}

PoolOptions pool_options(const ClusterConfig& cluster) {
  PoolOptions options;
  options.dial = {.timeout = cluster.connect_timeout, .bypass_capture = true};
  options.max_requests_per_connection = cluster.max_requests_per_connection;
  return options;
}

}  // namespace

Upstream::HostPool::HostPool(ProxyContext& context, const ClusterConfig& cluster, PoolBudget& budget, SocketAddress at)
    : address(at),
      pod(pod_at(context, at.ip)),
      pool(context.runtime, context.network, context.codec, pool_options(cluster), budget, [at] { return at; }) {}

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
  if (pool == nullptr) pool = std::make_unique<HostPool>(context_, cluster_.config(), budget_, address);
  last_pool_ = pool.get();
  return *pool;
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

void Upstream::record_events() {
  for (const EjectionEvent& event : events_) {
    context_.recorder.event({context_.runtime.clock.now(), event.ejected ? "ejected" : "returned",
                             to_string(event.host),
                             cluster_.config().name + " by " + context_.node_id + ": " + event.reason});
  }
  events_.clear();
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
  cluster_.update_config(std::move(config));
  schedule_tick();
}

void Upstream::update_assignment(std::shared_ptr<const ClusterAssignment> assignment) {
  std::set<SocketAddress> present;
  for (const LocalityEndpoints& locality : assignment->localities) {
    for (const EndpointConfig& endpoint : locality.endpoints) {
      if (pools_.count(endpoint.address) != 0) present.insert(endpoint.address);
    }
  }
  cluster_.update_endpoints(std::move(assignment), context_.runtime.clock.now());
  schedule_tick();
  last_pool_ = nullptr;
  for (auto at = pools_.begin(); at != pools_.end();) {
    if (present.count(at->first) != 0) {
      ++at;
    } else {
      at->second->pool.drain();
      draining_.push_back(std::move(at->second));
      at = pools_.erase(at);
    }
  }
  std::erase_if(draining_, [](const std::unique_ptr<HostPool>& host) { return host->pool.empty(); });
}

}  // namespace meshtwin
