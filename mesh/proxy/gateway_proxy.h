#pragma once

// The data plane of an ingress gateway: HTTP in plaintext on its ports, from anybody. A port's requests are routed by
// their authority to the services on that port; what names no service is answered 404, and goes nowhere.

#include <cstdint>
#include <memory>
#include <vector>

#include "mesh/proxy/config_store.h"
#include "mesh/proxy/http_server.h"
#include "mesh/proxy/proxy_context.h"

namespace meshtwin {

class GatewayProxy {
 public:
  GatewayProxy(ProxyContext& context, std::vector<std::uint16_t> ports);

  bool listen();  // false: a port is taken
  ConfigSink& config() { return store_; }
  std::size_t connections() const { return http_.connections(); }

 private:
  class Routes;

  void accept(std::uint16_t port, AcceptedStream accepted);

  ProxyContext& context_;
  const std::vector<std::uint16_t> ports_;
  ConfigStore store_;
  HttpFilterMakers filters_;
  HttpServer http_;
  std::vector<Handle> listeners_;
};

}  // namespace meshtwin
