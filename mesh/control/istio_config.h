#pragma once

// Services and Istio documents -> the configuration of proxies, with the names and defaults Istio gives. Pure
// functions.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mesh/control/control_plane_config.h"
#include "mesh/control/locality_settings.h"
#include "mesh/control/pod_endpoint.h"
#include "mesh/resource/destination_rule.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

std::string cluster_name(const std::string& host, std::uint16_t port);  // "outbound|8080||host"

// One listener 0.0.0.0_PORT for all HTTP services on a port; VIP_PORT for each TCP service.
std::vector<ListenerConfig> build_listeners(std::span<const ServiceDeclaration> services);
// One route configuration for each port with HTTP services, named after the port.
std::vector<RouteConfig> build_routes(std::span<const ServiceDeclaration> services);

// `identities`: of the service's pods, where they are reached over mutual TLS or through tunnels.
ClusterConfig build_cluster(const ServiceDeclaration& service, const ServicePort& port, const DestinationRule* rule,
                            std::vector<std::string> identities = {});
OutlierConfig outlier_config(const OutlierDetectionSpec& spec);

// The rule for a host: one that names it, else the longest wildcard that covers it; among equals the first. Null: none.
const DestinationRule* rule_for(const std::string& host, std::span<const DestinationRule> rules);

// As the rule for a service and the service itself say.
LocalitySettings locality_settings(const ServiceDeclaration& service, const DestinationRule* rule);

// As a proxy in `proxy` should see it. Localities in order, endpoints as given.
ClusterAssignment build_assignment(const ServiceDeclaration& service, const ServicePort& port,
                                   std::span<const PodEndpoint> pods, const DestinationRule* rule,
                                   const LabelledPlace& proxy);

}  // namespace meshtwin
