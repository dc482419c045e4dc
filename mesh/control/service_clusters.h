#pragma once

// Services -> clusters and their endpoints, as a client in one place is told of them, with the names Istio gives.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mesh/control/service_registry.h"
#include "mesh/control/destination_rule_index.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

// "outbound|8080||host", "outbound|8080|v2|host"
std::string cluster_name(const std::string& host, std::uint16_t port, const std::string& subset = {});

// `identities`: of the service's pods, where they are reached over mutual TLS or through tunnels. `subset`: null for
// the whole service; `rule`: null without one.
ClusterConfig build_cluster(const MeshService& service, const ServicePort& port, const EffectiveRule* rule,
                            const Subset* subset, std::vector<std::string> identities = {});

struct PodEndpoint {
  std::uint32_t ip = 0;
  Locality locality;
  bool ready = true;
  EndpointTransport transport = EndpointTransport::plain;
  std::string workload = {};        // EndpointConfig::workload
  const Labels* labels = nullptr;   // of the pod
  std::string node = {};            // on which it is
  const StaticEndpoint* fixed = nullptr;  // one that a document names
};

// Where a client is.
struct ClientPlace {
  Locality locality;
  Labels labels = {};
  std::string node = {};

  friend auto operator<=>(const ClientPlace&, const ClientPlace&) = default;
};

// Whether the endpoints' order depends on where the client is.
bool depends_on_place(const MeshService& service, const TrafficPolicySpec& policy);

// As a proxy there should see it: of the subset, where there is one. Localities in order, endpoints as given.
ClusterAssignment build_assignment(const MeshService& service, const ServicePort& port,
                                   std::span<const PodEndpoint> pods, const EffectiveRule* rule, const Subset* subset,
                                   const ClientPlace& client);

}  // namespace meshtwin
