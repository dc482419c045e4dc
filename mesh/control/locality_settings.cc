#include "mesh/control/locality_settings.h"

#include <algorithm>
#include <map>
#include <utility>

#include "mesh/traffic/locality_weights.h"

namespace meshtwin {
namespace {

// What Istio makes of a Service's trafficDistribution.
std::vector<std::string> labels_preferred(std::string_view traffic_distribution) {
  std::vector<std::string> labels{"topology.istio.io/network", "topology.kubernetes.io/region",
                                  "topology.kubernetes.io/zone"};
  if (traffic_distribution == "PreferSameNode") {
    labels.emplace_back("topology.istio.io/subzone");
    labels.emplace_back("kubernetes.io/hostname");
  }
  return labels;
}

LabelledPlace place_of(const PodEndpoint& pod) {
  return {pod.locality, pod.node, pod.labels};
}

// A rank that orders first by labels, then by locality; either may be left out.
std::uint32_t rank_of(const PodEndpoint& pod, const LocalitySettings& settings, const LabelledPlace& proxy) {
  constexpr std::uint32_t kLocalityRanks = 5;
  if (!settings.fails_over) return 0;
  std::uint32_t rank = 0;
  if (!settings.failover_priority.empty()) {
    rank = label_rank(proxy, place_of(pod), settings.failover_priority) * kLocalityRanks;
    if (settings.failover.empty()) return rank;
  }
  return rank + locality_rank(proxy.locality, pod.locality, settings.failover);
}

EndpointConfig endpoint_of(const PodEndpoint& pod, std::uint16_t port) {
  const EndpointHealth health = pod.ready ? EndpointHealth::healthy : EndpointHealth::unhealthy;
  return {{pod.ip, pod.port == 0 ? port : pod.port}, health, 1, pod.transport, pod.workload};
}

void set_priorities(std::vector<LocalityEndpoints>& groups, std::vector<std::uint32_t> ranks) {
  close_up(ranks);
  for (std::size_t g = 0; g < groups.size(); ++g) groups[g].priority = ranks[g];
}

// A locality weighs as much as its endpoints together, unless the settings say otherwise for this proxy.
void set_weights(std::vector<LocalityEndpoints>& groups, const LocalitySettings& settings, const Locality& proxy) {
  std::vector<WeighedLocality> localities;
  for (const LocalityEndpoints& group : groups) {
    std::uint32_t weight = 0;
    for (const EndpointConfig& endpoint : group.endpoints) weight += endpoint.weight;
    localities.push_back({group.locality, weight});
  }
  const auto weights = distributed_weights(proxy, localities, settings.distribute);
  for (std::size_t g = 0; g < groups.size(); ++g) groups[g].weight = weights ? (*weights)[g] : localities[g].weight;
  std::erase_if(groups, [](const LocalityEndpoints& group) { return group.weight == 0; });
}

}  // namespace

LocalitySettings locality_settings(const TrafficPolicySpec& policy, std::string_view traffic_distribution) {
  LocalitySettings settings;
  const auto& wanted = policy.load_balancer.locality;
  if (wanted && !wanted->enabled.value_or(true)) return settings;
  if (!wanted && !traffic_distribution.empty()) {
    settings.fails_over = true;
    settings.failover_priority = labels_preferred(traffic_distribution);
    return settings;
  }
  if (wanted && !wanted->distribute.empty()) {
    settings.distribute = wanted->distribute;
    return settings;
  }
  settings.fails_over = policy.outlier_detection.has_value();
  if (!settings.fails_over || !wanted) return settings;
  settings.failover = wanted->failover;
  settings.failover_priority = wanted->failover_priority;
  return settings;
}

std::vector<LocalityEndpoints> arrange_endpoints(std::span<const PodEndpoint> pods, std::uint16_t port,
                                                 const LocalitySettings& settings, const LabelledPlace& proxy) {
  std::map<std::pair<Locality, std::uint32_t>, LocalityEndpoints> by_place;
  for (const PodEndpoint& pod : pods) {
    LocalityEndpoints& group = by_place[{pod.locality, rank_of(pod, settings, proxy)}];
    group.locality = pod.locality;
    group.endpoints.push_back(endpoint_of(pod, port));
  }
  std::vector<LocalityEndpoints> groups;
  std::vector<std::uint32_t> ranks;
  for (auto& [place, group] : by_place) {
    ranks.push_back(place.second);
    groups.push_back(std::move(group));
  }
  if (settings.fails_over) set_priorities(groups, std::move(ranks));
  if (settings.weighs()) set_weights(groups, settings, proxy.locality);
  return groups;
}

}  // namespace meshtwin
