#include "mesh/control/service_clusters.h"

#include <utility>

#include "mesh/control/traffic_policies.h"

namespace meshtwin {
namespace {

TrafficPolicySpec policy_of(const EffectiveRule* rule, const Subset* subset, std::uint16_t port) {
  static const TrafficPolicy kNone;
  return policy_for(rule == nullptr ? kNone : rule->traffic_policy,
                    subset != nullptr && subset->traffic_policy ? &*subset->traffic_policy : nullptr, port);
}

bool is_in(const Labels* labels, const Subset* subset) {
  if (subset == nullptr) return true;
  return labels == nullptr ? subset->labels.empty() : selects(subset->labels, *labels);
}

PodEndpoint pod_endpoint(const StaticEndpoint& fixed, std::uint16_t port) {
  PodEndpoint endpoint{fixed.ip, fixed.locality, fixed.ready};
  endpoint.labels = &fixed.labels;
  const auto own = fixed.ports.find(port);
  if (own != fixed.ports.end()) endpoint.port = own->second;
  endpoint.weight = fixed.weight;
  return endpoint;
}

}  // namespace

std::string cluster_name(const std::string& host, std::uint16_t port, const std::string& subset) {
  return "outbound|" + std::to_string(port) + '|' + subset + '|' + host;
}

ClusterConfig build_cluster(const MeshService& service, const ServicePort& port, const EffectiveRule* rule,
                            const Subset* subset, std::vector<std::string> identities) {
  const TrafficPolicySpec policy = policy_of(rule, subset, port.port);
  const std::string name = subset == nullptr ? "" : subset->name;
  ClusterConfig cluster;
  cluster.name = cluster_name(service.host, port.port, name);
  apply_policy(policy, cluster);
  cluster.weighted_by_locality = locality_settings(policy, service.traffic_distribution).weighs();
  cluster.http2 = port.protocol == "http2" || port.protocol.starts_with("grpc");
  if (!identities.empty() && policy.tls_mode != "DISABLE") {
    cluster.server_name = "outbound_." + std::to_string(port.port) + "_." + name + "_." + service.host;
    cluster.identities = std::move(identities);
  }
  return cluster;
}

LocalitySettings locality_settings(const MeshService& service, const ServicePort& port, const EffectiveRule* rule,
                                   const Subset* subset) {
  return locality_settings(policy_of(rule, subset, port.port), service.traffic_distribution);
}

ClusterAssignment build_assignment(const MeshService& service, const ServicePort& port,
                                   std::span<const PodEndpoint> pods, const EffectiveRule* rule, const Subset* subset,
                                   const LabelledPlace& proxy) {
  const TrafficPolicySpec policy = policy_of(rule, subset, port.port);
  const bool plain = policy.tls_mode == "DISABLE";
  std::vector<PodEndpoint> endpoints;
  for (const PodEndpoint& pod : pods) {
    if (!is_in(pod.labels, subset)) continue;
    PodEndpoint& endpoint = endpoints.emplace_back(pod);
    if (plain && endpoint.transport == EndpointTransport::mtls) endpoint.transport = EndpointTransport::plain;
  }
  for (const StaticEndpoint& fixed : service.endpoints) {
    if (is_in(&fixed.labels, subset)) endpoints.push_back(pod_endpoint(fixed, port.port));
  }
  ClusterAssignment assignment;
  assignment.cluster = cluster_name(service.host, port.port, subset == nullptr ? "" : subset->name);
  assignment.localities = arrange_endpoints(endpoints, port.target_port == 0 ? port.port : port.target_port,
                                            locality_settings(policy, service.traffic_distribution), proxy);
  return assignment;
}

std::vector<HashPolicy> hash_policies(const EffectiveRule* rule, const Subset* subset, std::uint16_t port) {
  if (rule == nullptr) return {};
  return hash_policies(policy_of(rule, subset, port));
}

}  // namespace meshtwin
