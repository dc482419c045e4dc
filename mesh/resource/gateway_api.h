#pragma once

// Gateway API documents as they are written: Gateways and the routes that attach to them, or to Services (GAMMA).
// mesh/control turns them into IstioGateway and VirtualService, as Istio does.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mesh/resource/object_meta.h"
#include "mesh/resource/virtual_service.h"

namespace meshtwin {

struct KubeGatewayListener {
  std::string name;
  std::uint16_t port = 0;
  std::string protocol;              // HTTP | HTTPS | TCP | TLS | HBONE
  std::string hostname;              // empty: any
  std::string tls_mode;              // Terminate | Passthrough | empty
  std::string routes_from = "Same";  // allowedRoutes.namespaces.from: Same | All | Selector
  Labels routes_selector;            // of namespaces
};

struct KubeGateway {
  ObjectMeta meta;
  std::string class_name;  // istio | istio-waypoint | …
  std::vector<KubeGatewayListener> listeners;
};

struct ParentRef {
  std::string kind = "Gateway";  // or Service, ServiceEntry
  std::string name;
  std::string name_space;  // empty: the route's
  std::string section;     // a listener's name; empty: all
  std::uint16_t port = 0;
};

struct BackendRef {
  std::string name;
  std::string name_space;  // empty: the route's; otherwise a ReferenceGrant must allow it
  std::uint16_t port = 0;
  std::uint32_t weight = 1;
  HeaderRules headers;
};

struct KubeRouteRule {
  // What is matched, rewritten, mirrored and so on is in here; its `route` and mirrors' destinations are not.
  HttpRoute http;
  std::vector<BackendRef> backends;
  std::vector<BackendRef> mirrors;  // in the order of http.mirrors
};

// HTTPRoute, GRPCRoute, TCPRoute (by meta.kind).
struct KubeRoute {
  ObjectMeta meta;
  std::vector<ParentRef> parents;
  std::vector<std::string> hostnames;
  std::vector<KubeRouteRule> rules;
};

struct ReferenceGrant {
  ObjectMeta meta;  // its namespace is that of what may be referred to
  struct From {
    std::string kind;
    std::string name_space;
  };
  struct To {
    std::string kind;
    std::string name;  // empty: all
  };
  std::vector<From> from;
  std::vector<To> to;
};

}  // namespace meshtwin
