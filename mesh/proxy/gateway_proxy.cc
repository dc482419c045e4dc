#include "mesh/proxy/gateway_proxy.h"

#include <algorithm>
#include <utility>

#include "mesh/proxy/edge_headers.h"
#include "mesh/proxy/mesh_metrics.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/network.h"

namespace meshtwin {

// What the store has for a port at the time of the request: services come and go while connections stay.
class GatewayProxy::Routes final : public RouteSource {
 public:
  Routes(ConfigStore& store, std::uint16_t port) : store_(store), port_(port) {}

  RouteDecision decide(const RequestHead& head, SocketAddress original_destination, RouteDraws& draws) override {
    const ConfigStore::Match match = store_.match({0, port_});
    if (match.routes == nullptr) return {};
    RouteDecision decision = match.routes->decide(head, original_destination, draws);
    if (decision.route != nullptr && decision.route->config().cluster == kPassthroughCluster) return {};
    return decision;
  }
  bool records_attempts() const override { return true; }
  std::shared_ptr<Upstream> cluster(const std::string& name) override { return store_.upstream(name); }
  std::shared_ptr<const HttpFilterMakers> filters() override {
    const ConfigStore::Match match = store_.match({0, port_});
    return match.routes == nullptr ? nullptr : match.routes->filters();
  }

 private:
  ConfigStore& store_;
  const std::uint16_t port_;
};

GatewayProxy::GatewayProxy(ProxyContext& context, std::vector<std::uint16_t> ports)
    : context_(context),
      ports_(std::move(ports)),
      store_(context),
      http_(context),
      relays_(context),
      sorter_(context, store_, relays_) {
  filters_.push_back(std::make_unique<EdgeHeaders>());
}

bool GatewayProxy::listen() {
  for (const std::uint16_t port : ports_) {
    if (!listen_on(port)) return false;
  }
  follow_listeners();
  store_.on_listeners_changed([this] { follow_listeners(); });
  return true;
}

bool GatewayProxy::listen_on(std::uint16_t port) {
  Handle& listener = listeners_[port];
  if (listener == nullptr) {
    listener = context_.network.listen({0, port},
                                       [this, port](AcceptedStream accepted) { accept(port, std::move(accepted)); });
  }
  return listener != nullptr;
}

void GatewayProxy::follow_listeners() {
  const std::set<std::uint16_t> wanted = store_.listener_ports();
  std::erase_if(listeners_, [&](const auto& listener) {
    return wanted.count(listener.first) == 0 && std::ranges::find(ports_, listener.first) == ports_.end();
  });
  for (const std::uint16_t port : wanted) {
    if (listeners_.count(port) != 0 || listen_on(port)) continue;
    context_.recorder.event({context_.runtime.clock.now(), "listen_failed", context_.node_id,
                             "port " + std::to_string(port) + " is taken"});
  }
}

void GatewayProxy::accept(std::uint16_t port, AcceptedStream accepted) {
  ConnectionFacts facts{accepted.peer, accepted.original_destination, {}};
  if (context_.metrics != nullptr) facts.source = &context_.metrics->self();
  ConfigStore::Match match = store_.match({0, port});
  if (match.tcp_routes == nullptr) {
    pass_on(port, std::move(accepted.stream), std::move(facts), match);
    return;
  }
  MetricPeer* const source = facts.source;
  const SocketAddress destination = facts.local;
  std::shared_ptr<const ListenerConfig> listener = std::move(match.tcp_routes);
  sorter_.sort(std::move(accepted.stream), std::move(listener), destination, source,
               [this, port, facts = std::move(facts), match = std::move(match)](std::unique_ptr<ByteStream> stream) {
                 if (!match.is_tcp && match.routes == nullptr) return stream->abort();
                 pass_on(port, std::move(stream), facts, match);
               });
}

void GatewayProxy::pass_on(std::uint16_t port, std::unique_ptr<ByteStream> stream, ConnectionFacts facts,
                           const ConfigStore::Match& match) {
  if (match.is_tcp) {
    relays_.to_cluster(std::move(stream), match.tcp_upstream, facts.source);
    return;
  }
  http_.serve(std::move(stream), context_.codecs.detect, std::move(facts), std::make_shared<Routes>(store_, port),
              &filters_);
}

}  // namespace meshtwin
