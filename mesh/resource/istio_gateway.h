#pragma once

// Istio's Gateway: what an ingress gateway listens for. Gateway API's Gateways become these too.

#include <cstdint>
#include <string>
#include <vector>

#include "mesh/resource/object_meta.h"

namespace meshtwin {

struct GatewayServer {
  std::uint16_t port = 0;
  std::string protocol;  // HTTP | HTTPS | GRPC | HTTP2 | TCP | TLS
  std::string name;
  std::vector<std::string> hosts;  // "ns/host", "./host", "*/host", "host"
  std::string tls_mode;            // empty: no tls
  bool https_redirect = false;
};

struct IstioGateway {
  ObjectMeta meta;
  Labels selector;  // of the gateway's pods
  std::vector<GatewayServer> servers;
};

}  // namespace meshtwin
