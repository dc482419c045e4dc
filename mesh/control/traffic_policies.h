#pragma once

// DestinationRules' traffic policies: which one counts for a port and a subset, and what it means for a cluster. Pure
// functions, with Istio's defaults.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mesh/resource/destination_rule.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

bool has_settings(const TrafficPolicy& policy);

// A subset's settings take the place of the rule's, one by one (load balancer, connection pool, outlier detection, TLS,
// retry budget); those of a port take the place of all, and what they leave out has its default, as in Istio.
TrafficPolicySpec policy_for(const TrafficPolicy& rule, const TrafficPolicy* subset, std::uint16_t port);

OutlierConfig outlier_config(const OutlierDetectionSpec& spec);
// Everything of the cluster that the policy says.
void apply_policy(const TrafficPolicySpec& policy, ClusterConfig& cluster);
// What routes to the host go by, where its balancer hashes.
std::vector<HashPolicy> hash_policies(const TrafficPolicySpec& policy);

}  // namespace meshtwin
