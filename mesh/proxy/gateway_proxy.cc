#include "mesh/proxy/gateway_proxy.h"

#include <utility>

#include "mesh/proxy/edge_headers.h"
#include "mesh/proxy/mesh_metrics.h"
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

 private:
  ConfigStore& store_;
  const std::uint16_t port_;
};

GatewayProxy::GatewayProxy(ProxyContext& context, std::vector<std::uint16_t> ports)
    : context_(context), ports_(std::move(ports)), store_(context), http_(context) {
  filters_.push_back(std::make_unique<EdgeHeaders>());
}

bool GatewayProxy::listen() {
  for (const std::uint16_t port : ports_) {
    listeners_.push_back(context_.network.listen(
        {0, port}, [this, port](AcceptedStream accepted) { accept(port, std::move(accepted)); }));
    if (listeners_.back() == nullptr) return false;
  }
  return true;
}

void GatewayProxy::accept(std::uint16_t port, AcceptedStream accepted) {
  ConnectionFacts facts{accepted.peer, accepted.original_destination, {}};
  if (context_.metrics != nullptr) facts.source = &context_.metrics->self();
  http_.serve(std::move(accepted.stream), context_.codecs.detect, std::move(facts),
              std::make_shared<Routes>(store_, port), &filters_);
}

}  // namespace meshtwin
