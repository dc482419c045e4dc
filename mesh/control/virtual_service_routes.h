#pragma once

// VirtualServices -> the routes of one proxy on one port: what of the matches is about the proxy (its labels, its
// namespace, its gateway, the port) is decided here, the rest becomes what the proxy matches requests by.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mesh/control/mesh_config.h"
#include "mesh/resource/virtual_service.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

struct RouteScope {
  const MeshConfig& mesh;
  const ProxyView& proxy;
  std::string gateway = kMeshGateway;  // by whose name the routes are asked for
  std::uint16_t port = 0;              // of the listener
};

// In order. None: nothing of it is for that proxy on that port.
std::vector<RouteConfigEntry> http_routes(const VirtualService& service, const RouteScope& scope);
// Of a service that no VirtualService routes.
RouteConfigEntry default_route(const MeshService& service, std::uint16_t port, const RouteScope& scope);

// `tls`: those that go by the name that a TLS client asks for; otherwise those of plain connections.
std::vector<TcpRoute> stream_routes(const VirtualService& service, bool tls, const RouteScope& scope);

// Where requests to that destination go: the cluster's name, whether or not there is one.
std::string cluster_of(const Destination& destination, const VirtualService& service, const RouteScope& scope);

// The rule for a host as clients of the scope have it.
const EffectiveRule* rule_for(const MeshService& service, const RouteScope& scope);

}  // namespace meshtwin
