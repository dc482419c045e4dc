#pragma once

// The data plane of a sidecar: what the pod's application sends out arrives on 15001 and is routed as the control plane
// says; what others send in arrives on 15006 and goes to the application on the loopback. Destinations that no listener
// is for are passed through untouched.

#include <cstdint>
#include <memory>

#include "mesh/base/handle.h"
#include "mesh/proxy/config_store.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/router_exchange.h"
#include "mesh/runtime/network.h"
#include "mesh/wire/owned_set.h"

namespace meshtwin {

class SidecarProxy final : private RouterExchangeOwner {
 public:
  SidecarProxy(ProxyContext& context, std::uint16_t app_port);
  ~SidecarProxy();

  bool listen();  // false: a port is taken
  ConfigSink& config() { return store_; }
  std::size_t connections() const { return connections_.size() + relays_.size(); }

 private:
  class Inbound;
  class Connection;
  struct Relay;

  void on_outbound(AcceptedStream accepted);
  void on_inbound(AcceptedStream accepted);
  void serve(AcceptedStream accepted, std::shared_ptr<RouteSource> routes);
  void relay(std::unique_ptr<ByteStream> stream, SocketAddress to);
  void relay_to_cluster(std::unique_ptr<ByteStream> stream, std::shared_ptr<Upstream> upstream);
  void dial(Relay& relay, SocketAddress to, Duration timeout);
  void on_dialled(Relay& relay, std::unique_ptr<ByteStream> other);
  void on_done(RouterExchange& exchange) override { exchanges_.remove(exchange); }

  ProxyContext& context_;
  const std::uint16_t app_port_;
  ConfigStore store_;
  std::shared_ptr<RouteSource> inbound_;  // made when the first connection comes in
  OwnedSet<RouterExchange> exchanges_;
  OwnedSet<Connection> connections_;
  OwnedSet<Relay> relays_;
  Handle outbound_listener_;
  Handle inbound_listener_;
};

}  // namespace meshtwin
