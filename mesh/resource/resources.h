#pragma once

// Kubernetes and Istio documents, from their YAML to typed values. What is not understood is refused by name and place,
// never dropped: a mesh that ignores half of its configuration in silence is no model of one.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "mesh/base/problems.h"
#include "mesh/resource/destination_rule.h"
#include "mesh/resource/document_text.h"
#include "mesh/resource/gateway_api.h"
#include "mesh/resource/istio_gateway.h"
#include "mesh/resource/kubernetes.h"
#include "mesh/resource/node.h"
#include "mesh/resource/proxy_scope.h"
#include "mesh/resource/service_entry.h"
#include "mesh/resource/shape.h"
#include "mesh/resource/traffic_lane.h"
#include "mesh/resource/virtual_service.h"

namespace meshtwin {

struct Resources {
  // In the order they were created, which is the order of the documents.
  std::vector<DestinationRule> destination_rules;
  std::vector<VirtualService> virtual_services;
  std::vector<IstioGateway> gateways;
  std::vector<ServiceEntryResource> service_entries;
  std::vector<WorkloadEntryResource> workload_entries;
  std::vector<SidecarResource> sidecars;
  std::vector<TelemetryResource> telemetries;
  std::vector<LocalRateLimitResource> rate_limits;
  std::vector<KubeNamespace> namespaces;
  std::vector<KubeServiceAccount> service_accounts;
  std::vector<KubeService> services;
  std::vector<KubeWorkload> workloads;
  std::vector<KubeEndpointSlice> endpoint_slices;
  std::vector<KubeGateway> kube_gateways;
  std::vector<KubeRoute> kube_routes;
  std::vector<ReferenceGrant> reference_grants;
  std::vector<TrafficLabel> traffic_labels;
  std::vector<SwimLaneGroup> lane_groups;
  std::vector<SwimLane> lanes;
  std::vector<Node> hosts;                   // where each rule's `host` stands, for checks against the services
  std::vector<DocumentText> texts;           // of every document, for whoever reads them later
  std::vector<std::string> warnings;         // "file:line: …": valid, but hardly what was meant
  std::map<std::string, std::size_t> kinds;  // how many documents of each
  std::size_t ignored = 0;                   // documents of ignored kinds
  std::set<std::string> names;               // "group/kind/namespace/name" of each
};

struct ReadOptions {
  Purpose purpose = Purpose::run;            // what is valid but not acted on is refused by a run
  std::vector<std::string> ignored_kinds{};  // these are left out, whatever is in them
};

// Adds the document (or each item, where it is a List) to `into`, or problems for every mistake in it.
void add_resource(const Node& document, Resources& into, ProblemList& problems, const ReadOptions& options = {});

}  // namespace meshtwin
