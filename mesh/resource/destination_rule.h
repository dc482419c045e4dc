#pragma once

// Istio's DestinationRule as typed values: what is written in the document. Absent optional fields mean the default of
// the consumer (mesh/control turns these into cluster configuration).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mesh/base/time.h"
#include "mesh/resource/object_meta.h"

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
  std::optional<Duration> idle_timeout = {};
};

struct LocalityFailover {
  std::string from;
  std::string to;
};

struct LocalityDistribute {
  std::string from;                         // "region/zone/*", "region/*", "*"
  std::map<std::string, std::uint32_t> to;  // percent of the traffic
};

struct LocalityLbSpec {
  std::optional<bool> enabled;
  std::vector<LocalityFailover> failover;
  std::vector<std::string> failover_priority;  // labels, or "label=value"
  std::vector<LocalityDistribute> distribute;
};

// Exactly one of the first four is set.
struct ConsistentHashSpec {
  std::string http_header_name;
  std::string http_query_parameter_name;
  bool use_source_ip = false;
  std::string cookie_name;
  std::string cookie_path;
  std::optional<Duration> cookie_ttl;
  std::optional<std::uint64_t> minimum_ring_size;  // of ringHash (or the older field)
  bool maglev = false;
  std::optional<std::uint64_t> maglev_table_size;
};

struct WarmupSpec {
  Duration duration = 0;
  double minimum_percent = 10;
  double aggression = 1;
};

struct LoadBalancerSpec {
  std::optional<std::string> simple;  // ROUND_ROBIN | LEAST_REQUEST | RANDOM | …
  std::optional<ConsistentHashSpec> consistent_hash;
  std::optional<LocalityLbSpec> locality;
  std::optional<WarmupSpec> warmup;  // also of warmupDurationSecs
};

struct RetryBudgetSpec {
  double percent = 20;
  std::uint32_t min_concurrency = 3;
};

struct TrafficPolicySpec {
  LoadBalancerSpec load_balancer;
  ConnectionPoolSpec connection_pool;
  std::optional<OutlierDetectionSpec> outlier_detection;
  std::optional<RetryBudgetSpec> retry_budget;
  std::optional<std::string> tls_mode;  // DISABLE | SIMPLE | MUTUAL | ISTIO_MUTUAL
};

// Port and subset policies replace those above them whole, setting by setting, as Istio's do.
struct TrafficPolicy : TrafficPolicySpec {
  std::map<std::uint16_t, TrafficPolicySpec> port_level;
};

struct Subset {
  std::string name;
  Labels labels;
  std::optional<TrafficPolicy> traffic_policy;
};

struct DestinationRule {
  ObjectMeta meta;
  std::string host;
  TrafficPolicy traffic_policy;
  std::vector<Subset> subsets;
  std::vector<std::string> export_to;
  Labels workload_selector;  // of the clients it is for; empty: all
};

}  // namespace meshtwin
