#pragma once

// How a proxy reaches an endpoint of a cluster, as the endpoint says: over TCP, over mutual TLS with the sidecar before
// it, or through a tunnel to the ztunnel of its pod. What is secured asks for the cluster's identities, and gives no
// stream where the peer has none of them. The cluster's connect timeout holds for all of it together, as Envoy's does.

#include <memory>

#include "mesh/proxy/proxy_context.h"
#include "mesh/traffic/upstream_cluster.h"
#include "mesh/wire/connector.h"

namespace meshtwin {

// What will be said on the connection: the ALPN names offered with it.
enum class Inside : unsigned char { http, tcp };

// The cluster outlives the connector; its configuration is read at each connection.
std::unique_ptr<Connector> make_upstream_connector(ProxyContext& context, const UpstreamCluster& cluster,
                                                   EndpointTransport transport, Inside inside);

// What the sidecar that is reached takes, by preference.
const std::vector<std::string>& inbound_alpn();

}  // namespace meshtwin
