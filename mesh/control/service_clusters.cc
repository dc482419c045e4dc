#include "mesh/control/service_clusters.h"

#include <algorithm>
#include <map>
#include <optional>

#include "mesh/control/traffic_policies.h"
#include "mesh/traffic/locality_priority.h"

namespace meshtwin {
namespace {

TrafficPolicySpec policy_of(const EffectiveRule* rule, const Subset* subset, std::uint16_t port) {
  static const TrafficPolicy kNone;
  return policy_for(rule == nullptr ? kNone : rule->traffic_policy,
                    subset != nullptr && subset->traffic_policy ? &*subset->traffic_policy : nullptr, port);
}

bool fails_over(const TrafficPolicySpec& policy) {
  const auto& locality = policy.load_balancer.locality;
  return policy.outlier_detection && (!locality || locality->enabled.value_or(true));
}

bool is_in(const PodEndpoint& pod, const Subset* subset) {
  if (subset == nullptr) return true;
  static const Labels kNone;
  return selects(subset->labels, pod.labels == nullptr ? kNone : *pod.labels);
}

EndpointConfig endpoint_of(const PodEndpoint& pod, const ServicePort& port, bool plain) {
  EndpointConfig endpoint;
  endpoint.address = {pod.ip, port.target_port == 0 ? port.port : port.target_port};
  if (pod.fixed != nullptr) {
    const auto own = pod.fixed->ports.find(port.port);
    if (own != pod.fixed->ports.end()) endpoint.address.port = own->second;
    endpoint.weight = pod.fixed->weight;
  }
  endpoint.health = pod.ready ? EndpointHealth::healthy : EndpointHealth::unhealthy;
  endpoint.transport = plain && pod.transport == EndpointTransport::mtls ? EndpointTransport::plain : pod.transport;
  endpoint.workload = pod.workload;
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
  cluster.http2 = port.protocol == "http2" || port.protocol.starts_with("grpc");
  if (!identities.empty() && policy.tls_mode != "DISABLE") {
    cluster.server_name = "outbound_." + std::to_string(port.port) + "_." + name + "_." + service.host;
    cluster.identities = std::move(identities);
  }
  return cluster;
}

bool depends_on_place(const MeshService& service, const TrafficPolicySpec& policy) {
  return fails_over(policy) || !service.traffic_distribution.empty();
}

ClusterAssignment build_assignment(const MeshService& service, const ServicePort& port,
                                   std::span<const PodEndpoint> pods, const EffectiveRule* rule, const Subset* subset,
                                   const ClientPlace& client) {
  const TrafficPolicySpec policy = policy_of(rule, subset, port.port);
  std::map<Locality, LocalityEndpoints> groups;
  for (const PodEndpoint& pod : pods) {
    if (!is_in(pod, subset)) continue;
    LocalityEndpoints& group = groups[pod.locality];
    group.locality = pod.locality;
    group.endpoints.push_back(endpoint_of(pod, port, policy.tls_mode == "DISABLE"));
  }
  ClusterAssignment assignment;
  assignment.cluster = cluster_name(service.host, port.port, subset == nullptr ? "" : subset->name);
  std::vector<Locality> localities;
  for (auto& [locality, group] : groups) {
    localities.push_back(locality);
    assignment.localities.push_back(std::move(group));
  }
  if (!fails_over(policy)) return assignment;
  const auto& setting = policy.load_balancer.locality;
  const std::vector<std::uint32_t> priorities = locality_priorities(
      client.locality, localities,
      setting ? std::span<const LocalityFailover>(setting->failover) : std::span<const LocalityFailover>());
  for (std::size_t i = 0; i < priorities.size(); ++i) assignment.localities[i].priority = priorities[i];
  return assignment;
}

}  // namespace meshtwin
