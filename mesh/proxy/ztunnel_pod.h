#pragma once

// One pod as its node's ztunnel serves it, from inside the pod's own network: what its application sends out arrives on
// 15001 and goes to an endpoint through a tunnel under the pod's identity; what others send in arrives on 15008 through
// tunnels, or on 15006 in plaintext, and goes to the application. Bytes are passed on without looking inside.

#include <memory>
#include <string>

#include "mesh/base/handle.h"
#include "mesh/base/random.h"
#include "mesh/proxy/hbone_listener.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/tcp_series.h"
#include "mesh/proxy/workload_index.h"
#include "mesh/proxy/ztunnel_config.h"
#include "mesh/runtime/network.h"
#include "mesh/wire/hbone.h"
#include "mesh/wire/owned_set.h"

namespace meshtwin {

class ZtunnelPodProxy {
 public:
  // `network`: the pod's; `tls`: of the pod's identity.
  ZtunnelPodProxy(ProxyContext& context, Network& network, TlsContext& tls, const WorkloadIndex& index,
                  const ZtunnelPod& pod);
  ~ZtunnelPodProxy();

  bool listen();  // false: a port is taken
  std::size_t connections() const { return relays_.size(); }

 private:
  struct Relay;

  void on_outbound(AcceptedStream accepted);
  void on_plaintext(AcceptedStream accepted);
  void on_tunnel(std::unique_ptr<TunnelOffer> offer, SocketAddress peer);
  void open_tunnel(Relay& relay, const L4Route& route, SocketAddress peer);
  void dial(Relay& relay, SocketAddress to);
  void on_dialled(Relay& relay, std::unique_ptr<ByteStream> stream, DialError error);
  void on_opened(Relay& relay, OpenedTunnel tunnel);
  void run(Relay& relay, std::unique_ptr<ByteStream> other);
  void give_up(Relay& relay, Failure failure);
  void record(const Relay& relay, Failure failure);
  TcpSeries outbound_series(const L4Route& route) const;
  TcpSeries inbound_series(SocketAddress peer, const std::string& identity) const;
  std::string baggage() const;
  std::string traceparent();

  ProxyContext& context_;
  Network& network_;
  const WorkloadIndex& index_;
  const ZtunnelPod pod_;
  RandomStream endpoint_random_;
  RandomStream trace_random_;
  std::unique_ptr<HbonePool> tunnels_;
  OwnedSet<Relay> relays_;
  HboneListener hbone_;
  Handle outbound_;
  Handle plaintext_;
};

}  // namespace meshtwin
