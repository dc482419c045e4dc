#pragma once

// The data plane of an ingress gateway: HTTP in plaintext, from anybody, on its own ports and where the listeners of
// its configuration say; TLS that passes through by server name, and TCP, where these have routes for such. A request
// that no route takes is answered 404, and goes nowhere.

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "mesh/proxy/config_store.h"
#include "mesh/proxy/http_server.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/relays.h"
#include "mesh/proxy/tcp_sorter.h"

namespace meshtwin {

class GatewayProxy {
 public:
  GatewayProxy(ProxyContext& context, std::vector<std::uint16_t> ports);

  bool listen();  // false: a port is taken
  ConfigSink& config() { return store_; }
  std::size_t connections() const { return http_.connections() + relays_.size() + sorter_.size(); }

 private:
  class Routes;

  bool listen_on(std::uint16_t port);
  void follow_listeners();
  void accept(std::uint16_t port, AcceptedStream accepted);
  void pass_on(std::uint16_t port, std::unique_ptr<ByteStream> stream, ConnectionFacts facts,
               const ConfigStore::Match& match);

  ProxyContext& context_;
  const std::vector<std::uint16_t> ports_;
  ConfigStore store_;
  HttpFilterMakers filters_;
  HttpServer http_;
  Relays relays_;
  TcpSorter sorter_;
  std::map<std::uint16_t, Handle> listeners_;
};

}  // namespace meshtwin
