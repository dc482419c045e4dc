#include "mesh/control/traffic_policies.h"

#include <algorithm>
#include <limits>

namespace meshtwin {
namespace {

constexpr std::uint32_t kNoLimit = std::numeric_limits<std::uint32_t>::max();

bool is_set(const LoadBalancerSpec& spec) {
  return spec.simple || spec.consistent_hash || spec.locality || spec.warmup;
}

bool is_set(const ConnectionPoolSpec& pool) {
  return pool.max_connections || pool.connect_timeout || pool.http1_max_pending_requests || pool.http2_max_requests ||
         pool.max_requests_per_connection || pool.max_retries || pool.idle_timeout;
}

bool has_spec(const TrafficPolicySpec& policy) {
  return is_set(policy.load_balancer) || is_set(policy.connection_pool) || policy.outlier_detection ||
         policy.retry_budget || policy.tls_mode;
}

void put(const TrafficPolicySpec& policy, TrafficPolicySpec& into) {
  if (is_set(policy.load_balancer)) into.load_balancer = policy.load_balancer;
  if (is_set(policy.connection_pool)) into.connection_pool = policy.connection_pool;
  if (policy.outlier_detection) into.outlier_detection = policy.outlier_detection;
  if (policy.retry_budget) into.retry_budget = policy.retry_budget;
  if (policy.tls_mode) into.tls_mode = policy.tls_mode;
}

void put_policy(const TrafficPolicy& policy, std::uint16_t port, TrafficPolicySpec& into) {
  put(policy, into);
  const auto of_port = policy.port_level.find(port);
  if (of_port != policy.port_level.end()) into = of_port->second;
}

LbPolicy balancer(const LoadBalancerSpec& spec) {
  if (spec.consistent_hash) return spec.consistent_hash->maglev ? LbPolicy::maglev : LbPolicy::ring_hash;
  if (spec.simple == "ROUND_ROBIN") return LbPolicy::round_robin;
  if (spec.simple == "RANDOM") return LbPolicy::random;
  return LbPolicy::least_request;
}

void apply_balancer(const LoadBalancerSpec& spec, ClusterConfig& cluster) {
  cluster.lb_policy = balancer(spec);
  if (spec.consistent_hash) {
    if (const auto size = spec.consistent_hash->minimum_ring_size) cluster.ring_hash.minimum_ring_size = *size;
    if (const auto size = spec.consistent_hash->maglev_table_size) cluster.maglev.table_size = *size;
  }
  const bool warms = cluster.lb_policy == LbPolicy::round_robin || cluster.lb_policy == LbPolicy::least_request;
  if (spec.warmup && warms) {
    cluster.slow_start = {spec.warmup->duration, spec.warmup->aggression, spec.warmup->minimum_percent};
  }
}

void apply_pool(const ConnectionPoolSpec& pool, ClusterConfig& cluster) {
  cluster.breakers.max_connections = pool.max_connections.value_or(kNoLimit);
  cluster.breakers.max_pending_requests = pool.http1_max_pending_requests.value_or(kNoLimit);
  cluster.breakers.max_requests = pool.http2_max_requests.value_or(kNoLimit);
  cluster.breakers.max_retries = pool.max_retries.value_or(kNoLimit);
  cluster.connect_timeout = pool.connect_timeout.value_or(10 * kSecond);
  cluster.max_requests_per_connection = pool.max_requests_per_connection.value_or(0);
  if (pool.idle_timeout) cluster.idle_timeout = *pool.idle_timeout;
}

}  // namespace

bool has_settings(const TrafficPolicy& policy) {
  return has_spec(policy) || !policy.port_level.empty();
}

TrafficPolicySpec policy_for(const TrafficPolicy& rule, const TrafficPolicy* subset, std::uint16_t port) {
  TrafficPolicySpec policy;
  put_policy(rule, port, policy);
  if (subset != nullptr) put_policy(*subset, port, policy);
  return policy;
}

OutlierConfig outlier_config(const OutlierDetectionSpec& spec) {
  OutlierConfig outlier;
  outlier.enforcing_success_rate = 0;
  const auto enforced = [](std::optional<std::uint32_t> errors, std::uint32_t& threshold, std::uint32_t& enforcing) {
    if (!errors) return;
    threshold = *errors;
    enforcing = *errors > 0 ? 100 : 0;
  };
  enforced(spec.consecutive_5xx_errors, outlier.consecutive_5xx, outlier.enforcing_consecutive_5xx);
  enforced(spec.consecutive_gateway_errors, outlier.consecutive_gateway_failure,
           outlier.enforcing_consecutive_gateway_failure);
  if (spec.split_external_local_origin_errors.value_or(false)) {
    outlier.split_external_local_origin_errors = true;
    outlier.enforcing_local_origin_success_rate = 0;
    if (spec.consecutive_local_origin_failures.value_or(0) > 0) {
      outlier.consecutive_local_origin_failure = *spec.consecutive_local_origin_failures;
      outlier.enforcing_consecutive_local_origin_failure = 100;
    }
  }
  outlier.interval = spec.interval.value_or(outlier.interval);
  outlier.base_ejection_time = spec.base_ejection_time.value_or(outlier.base_ejection_time);
  outlier.max_ejection_time = std::max(outlier.max_ejection_time, outlier.base_ejection_time);
  if (spec.max_ejection_percent.value_or(0) > 0) outlier.max_ejection_percent = *spec.max_ejection_percent;
  return outlier;
}

void apply_policy(const TrafficPolicySpec& policy, ClusterConfig& cluster) {
  apply_balancer(policy.load_balancer, cluster);
  apply_pool(policy.connection_pool, cluster);
  if (policy.retry_budget) {
    cluster.breakers.retry_budget = {policy.retry_budget->percent, policy.retry_budget->min_concurrency};
  }
  cluster.panic_threshold_percent = 0;
  if (policy.outlier_detection) {
    cluster.outlier = outlier_config(*policy.outlier_detection);
    cluster.panic_threshold_percent = policy.outlier_detection->min_health_percent.value_or(0);
  }
}

std::vector<HashPolicy> hash_policies(const TrafficPolicySpec& policy) {
  const auto& hash = policy.load_balancer.consistent_hash;
  if (!hash) return {};
  if (!hash->http_header_name.empty()) return {{HashPolicy::Kind::header, hash->http_header_name, "", {}}};
  if (!hash->cookie_name.empty()) {
    return {{HashPolicy::Kind::cookie, hash->cookie_name, hash->cookie_path, hash->cookie_ttl}};
  }
  if (!hash->http_query_parameter_name.empty()) {
    return {{HashPolicy::Kind::query_param, hash->http_query_parameter_name, "", {}}};
  }
  return {{HashPolicy::Kind::source_ip, "", "", {}}};
}

}  // namespace meshtwin
