#pragma once

// How the localities of a service's endpoints become what one proxy sees: priorities by failover, failoverPriority and
// trafficDistribution, weights by distribute. The rules are Istio's: distribute excludes failover; failover takes
// effect only where outlier detection could tell that a locality has failed, or where the service's trafficDistribution
// asks for it.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/control/pod_endpoint.h"
#include "mesh/resource/destination_rule.h"
#include "mesh/traffic/config.h"
#include "mesh/traffic/locality_priority.h"

namespace meshtwin {

struct LocalitySettings {
  bool fails_over = false;  // endpoints are ranked
  std::vector<LocalityFailover> failover;
  std::vector<std::string> failover_priority;
  std::vector<LocalityDistribute> distribute;  // not with the others

  // Weights count in the cluster that these are for: ClusterConfig::weighted_by_locality.
  bool weighs() const { return !distribute.empty(); }
  // All proxies see the same.
  bool same_for_all() const { return !fails_over && !weighs(); }
};

// Of a cluster with this policy. `traffic_distribution` is the Service's: PreferClose, PreferSameZone, PreferSameNode
// or empty; the policy's own localityLbSetting goes before it.
LocalitySettings locality_settings(const TrafficPolicySpec& policy, std::string_view traffic_distribution);

// The endpoints of `pods` at `port` as a proxy in `proxy` should see them. Localities in order, each divided by
// priority where labels rank its endpoints differently; endpoints as given.
std::vector<LocalityEndpoints> arrange_endpoints(std::span<const PodEndpoint> pods, std::uint16_t port,
                                                 const LocalitySettings& settings, const LabelledPlace& proxy);

}  // namespace meshtwin
