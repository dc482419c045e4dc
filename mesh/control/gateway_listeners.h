#pragma once

// Gateway documents -> what a gateway listens for. Servers of all documents that select the gateway share a port:
// HTTP ones a route table, in which hosts of several VirtualServices are merged; others go by SNI or take what comes.

#include <vector>

#include "mesh/control/proxy_listeners.h"

namespace meshtwin {

// Those that select the proxy; none: it is no gateway, or no document is about it.
std::vector<const IstioGateway*> gateways_of(const MeshConfig& mesh, const ProxyView& proxy);

// A listener 0.0.0.0_PORT with the route table http.PORT for each port.
ProxyListeners gateway_listeners(const MeshConfig& mesh, const VisibleMesh& visible, const ProxyView& proxy,
                                 const std::vector<const IstioGateway*>& gateways);

}  // namespace meshtwin
