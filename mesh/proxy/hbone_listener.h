#pragma once

// Takes HBONE connections: mutual TLS first, then tunnels, each offered to its user with the identity of who asks.
// Connections whose client proves no identity get no further than the handshake.

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "mesh/base/handle.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/runtime/network.h"
#include "mesh/wire/hbone.h"
#include "mesh/wire/owned_set.h"

namespace meshtwin {

class HboneListener {
 public:
  using OnTunnel = std::function<void(std::unique_ptr<TunnelOffer> offer, SocketAddress peer)>;

  // Listens in `network`, as whom `tls` says.
  HboneListener(ProxyContext& context, Network& network, TlsContext& tls, OnTunnel on_tunnel);
  ~HboneListener();

  bool listen();  // false: the port is taken
  std::size_t connections() const { return connections_.size(); }

 private:
  class Connection;

  void accept(AcceptedStream accepted);
  void record_refusal(const std::string& why, SocketAddress peer);

  ProxyContext& context_;
  Network& network_;
  TlsContext& tls_;
  const OnTunnel on_tunnel_;
  OwnedSet<Connection> connections_;
  std::set<std::string> refused_;  // reasons that have been recorded
  Handle listener_;
};

}  // namespace meshtwin
