#pragma once

// Istio's DestinationRule as typed values: what is written in the document. Absent optional fields mean the default of
// the consumer (mesh/control turns these into cluster configuration).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mesh/base/time.h"

namespace meshtwin {

struct OutlierDetectionSpec {
  std::optional<std::uint32_t> consecutive_5xx_errors;
  std::optional<std::uint32_t> consecutive_gateway_errors;
  std::optional<bool> split_external_local_origin_errors;
  std::optional<std::uint32_t> consecutive_local_origin_failures;
  std::optional<Duration> interval;
  std::optional<Duration> base_ejection_time;
  std::optional<std::uint32_t> max_ejection_percent;
  std::optional<std::uint32_t> min_health_percent;
};

struct ConnectionPoolSpec {
  std::optional<std::uint32_t> max_connections;
  std::optional<Duration> connect_timeout;
  std::optional<std::uint32_t> http1_max_pending_requests;
  std::optional<std::uint32_t> http2_max_requests;
  std::optional<std::uint32_t> max_requests_per_connection;
  std::optional<std::uint32_t> max_retries;
};

struct LocalityFailover {
  std::string from;
  std::string to;
};

struct LocalityLbSpec {
  std::optional<bool> enabled;
  std::vector<LocalityFailover> failover;
};

struct LoadBalancerSpec {
  std::optional<std::string> simple;  // ROUND_ROBIN | LEAST_REQUEST | RANDOM | …
  std::optional<LocalityLbSpec> locality;
};

struct TrafficPolicySpec {
  LoadBalancerSpec load_balancer;
  ConnectionPoolSpec connection_pool;
  std::optional<OutlierDetectionSpec> outlier_detection;
};

struct DestinationRule {
  std::string name;
  std::string name_space;
  std::string host;
  TrafficPolicySpec traffic_policy;
};

}  // namespace meshtwin
