#pragma once

// The data plane of a waypoint: tunnels from ztunnels come in on 15008, each asking for a service's virtual address.
// What is in a tunnel is HTTP, routed as the control plane says, or TCP, passed to one of the service's endpoints; both
// go on through tunnels to the endpoints' ztunnels.

#include <memory>

#include "mesh/proxy/config_store.h"
#include "mesh/proxy/hbone_listener.h"
#include "mesh/proxy/http_server.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/relays.h"
#include "mesh/proxy/tcp_sorter.h"

namespace meshtwin {

class WaypointProxy {
 public:
  explicit WaypointProxy(ProxyContext& context);  // with its identity and its tunnels

  bool listen() { return hbone_.listen(); }  // false: the port is taken
  ConfigSink& config() { return store_; }
  std::size_t connections() const { return http_.connections() + relays_.size() + sorter_.size(); }

 private:
  void on_tunnel(std::unique_ptr<TunnelOffer> offer, SocketAddress peer);

  ProxyContext& context_;
  ConfigStore store_;
  HttpServer http_;
  Relays relays_;
  TcpSorter sorter_;
  HboneListener hbone_;
};

}  // namespace meshtwin
