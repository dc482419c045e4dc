#pragma once

// Listeners and route tables of one proxy: a sidecar's (and a waypoint's), which stand for the services it may call, or
// a gateway's, which its Gateway documents ask for. A gateway that no document selects serves like a sidecar.

#include <vector>

#include "mesh/control/mesh_config.h"
#include "mesh/control/visible_mesh.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

struct ProxyListeners {
  std::vector<ListenerConfig> listeners;  // by name
  std::vector<RouteConfig> routes;
};

ProxyListeners proxy_listeners(const MeshConfig& mesh, const VisibleMesh& visible, const ProxyView& proxy);

// One listener 0.0.0.0_PORT for all HTTP services on a port, with the route table PORT; VIP_PORT for each TCP service.
ProxyListeners sidecar_listeners(const MeshConfig& mesh, const VisibleMesh& visible, const ProxyView& proxy);

}  // namespace meshtwin
