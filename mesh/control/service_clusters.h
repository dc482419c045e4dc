#pragma once

// Services -> clusters and their endpoints, as a client in one place is told of them, with the names Istio gives.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mesh/control/destination_rule_index.h"
#include "mesh/control/locality_settings.h"
#include "mesh/control/pod_endpoint.h"
#include "mesh/control/service_registry.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

// "outbound|8080||host", "outbound|8080|v2|host"
std::string cluster_name(const std::string& host, std::uint16_t port, const std::string& subset = {});

// `identities`: of the service's pods, where they are reached over mutual TLS or through tunnels. `subset`: null for
// the whole service; `rule`: null without one.
ClusterConfig build_cluster(const MeshService& service, const ServicePort& port, const EffectiveRule* rule,
                            const Subset* subset, std::vector<std::string> identities = {});

// How its endpoints are arranged for each proxy.
LocalitySettings locality_settings(const MeshService& service, const ServicePort& port, const EffectiveRule* rule,
                                   const Subset* subset);

// As a proxy there should see it: of the subset, where there is one, with what documents name besides pods. Localities
// in order, endpoints as given.
ClusterAssignment build_assignment(const MeshService& service, const ServicePort& port,
                                   std::span<const PodEndpoint> pods, const EffectiveRule* rule, const Subset* subset,
                                   const LabelledPlace& proxy);

// What routes to that host (and subset) go by, where its balancer hashes.
std::vector<HashPolicy> hash_policies(const EffectiveRule* rule, const Subset* subset, std::uint16_t port);

}  // namespace meshtwin
