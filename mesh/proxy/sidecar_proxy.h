#pragma once

// The data plane of a sidecar: what the pod's application sends out arrives on 15001 and is routed as the control plane
// says; what others send in arrives on 15006, over mutual TLS or in plaintext as the mode allows, and goes to the
// application on the loopback. Destinations that no listener is for are passed through untouched.

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "mesh/base/handle.h"
#include "mesh/proxy/config_store.h"
#include "mesh/proxy/filter_chain.h"
#include "mesh/proxy/http_server.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/relays.h"
#include "mesh/proxy/router_exchange.h"
#include "mesh/proxy/sidecar_config.h"
#include "mesh/proxy/tcp_sorter.h"
#include "mesh/runtime/network.h"
#include "mesh/wire/owned_set.h"

namespace meshtwin {

struct SidecarProxyOptions {
  std::uint16_t app_port = 0;  // 0: the pod serves nothing
  AppProtocol app_protocol = AppProtocol::http1;
  Mtls mtls = Mtls::disable;
  std::string identity = {};  // its own SPIFFE ID
};

class SidecarProxy {
 public:
  SidecarProxy(ProxyContext& context, const SidecarProxyOptions& options);
  ~SidecarProxy();

  bool listen();  // false: a port is taken
  ConfigSink& config() { return store_; }
  std::size_t connections() const { return http_.connections() + relays_.size() + sorter_.size() + arrivals_.size(); }

 private:
  class Inbound;
  struct Arrival;

  void on_outbound(AcceptedStream accepted);
  void pass_on(std::unique_ptr<ByteStream> stream, ConnectionFacts facts, ConfigStore::Match match);
  void on_inbound(AcceptedStream accepted);
  void look_at(Arrival& arrival);
  void secure(Arrival& arrival, std::unique_ptr<ByteStream> stream);
  void refuse(Arrival& arrival, const std::string& why);
  MetricPeer* self() const;
  void take_in(std::unique_ptr<ByteStream> stream, ConnectionFacts facts, const HttpCodec& codec);

  ProxyContext& context_;
  const SidecarProxyOptions options_;
  TraceLabels labels_;
  ConfigStore store_;
  HttpFilterMakers secured_filters_;      // of requests that came over mutual TLS
  std::shared_ptr<RouteSource> inbound_;  // made when the first connection comes in
  HttpServer http_;
  Relays relays_;
  TcpSorter sorter_;
  OwnedSet<Arrival> arrivals_;
  std::set<std::string> refused_;  // reasons that have been recorded
  Handle outbound_listener_;
  Handle inbound_listener_;
};

}  // namespace meshtwin
