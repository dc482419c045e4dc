#include "mesh/control/istio_config.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string_view>

namespace meshtwin {
namespace {

constexpr std::uint32_t kNoLimit = std::numeric_limits<std::uint32_t>::max();

bool is_tcp(const ServicePort& port) {
  return port.protocol == "tcp";
}

// Every name by which a client may call the service, each alone and with the port.
std::vector<std::string> domains_of(const ServiceDeclaration& service, std::uint16_t port) {
  std::vector<std::string> names{service.host};
  const std::size_t svc = service.host.find(".svc.");
  const std::size_t dot = service.host.find('.');
  if (svc != std::string::npos && dot < svc) {
    names.push_back(service.host.substr(0, dot));
    names.push_back(service.host.substr(0, svc));
    names.push_back(service.host.substr(0, svc) + ".svc");
  }
  if (service.vip != 0) names.push_back(ip_to_string(service.vip));
  std::vector<std::string> domains;
  for (const std::string& name : names) {
    domains.push_back(name);
    domains.push_back(name + ':' + std::to_string(port));
  }
  return domains;
}

RetryPolicy istio_retries() {
  RetryPolicy retry;
  retry.attempts = 2;
  retry.on_connect_failure = retry.on_refused_stream = retry.on_unavailable = retry.on_cancelled = true;
  retry.skip_previous_hosts = true;
  retry.host_selection_attempts = 5;
  return retry;
}

VirtualHost virtual_host(const ServiceDeclaration& service, std::uint16_t port) {
  VirtualHost host{service.host + ':' + std::to_string(port), domains_of(service, port), {}};
  RouteConfigEntry& route = host.routes.emplace_back();
  route.name = "default";
  route.cluster = cluster_name(service.host, port);
  route.retry = istio_retries();
  return host;
}

std::string resolved_host(const DestinationRule& rule) {
  if (rule.host.find('.') != std::string::npos || rule.host == "*") return rule.host;
  const std::string name_space = rule.meta.name_space.empty() ? "default" : rule.meta.name_space;
  return rule.host + '.' + name_space + ".svc.cluster.local";
}

LbPolicy policy_of(const LoadBalancerSpec& spec) {
  if (spec.simple == "ROUND_ROBIN") return LbPolicy::round_robin;
  if (spec.simple == "RANDOM") return LbPolicy::random;
  return LbPolicy::least_request;
}

const TrafficPolicySpec& policy_of(const DestinationRule* rule) {
  static const TrafficPolicySpec kNone;
  return rule == nullptr ? kNone : rule->traffic_policy;
}

void apply(const ConnectionPoolSpec& pool, ClusterConfig& cluster) {
  cluster.breakers = {pool.max_connections.value_or(kNoLimit), pool.http1_max_pending_requests.value_or(kNoLimit),
                      pool.http2_max_requests.value_or(kNoLimit), pool.max_retries.value_or(kNoLimit)};
  cluster.connect_timeout = pool.connect_timeout.value_or(10 * kSecond);
  cluster.max_requests_per_connection = pool.max_requests_per_connection.value_or(0);
}

}  // namespace

std::string cluster_name(const std::string& host, std::uint16_t port) {
  return "outbound|" + std::to_string(port) + "||" + host;
}

std::vector<ListenerConfig> build_listeners(std::span<const ServiceDeclaration> services) {
  std::map<std::string, ListenerConfig> listeners;
  for (const ServiceDeclaration& service : services) {
    for (const ServicePort& port : service.ports) {
      const std::string number = std::to_string(port.port);
      ListenerConfig listener;
      if (is_tcp(port)) {
        listener = {ip_to_string(service.vip) + '_' + number, {service.vip, port.port}, "", ""};
        listener.cluster = cluster_name(service.host, port.port);
      } else {
        listener = {"0.0.0.0_" + number, {0, port.port}, number, ""};
      }
      listeners.emplace(listener.name, listener);
    }
  }
  std::vector<ListenerConfig> result;
  for (auto& [name, listener] : listeners) result.push_back(std::move(listener));
  return result;
}

std::vector<RouteConfig> build_routes(std::span<const ServiceDeclaration> services) {
  std::map<std::uint16_t, RouteConfig> by_port;
  for (const ServiceDeclaration& service : services) {
    for (const ServicePort& port : service.ports) {
      if (is_tcp(port)) continue;
      RouteConfig& routes = by_port[port.port];
      routes.name = std::to_string(port.port);
      routes.virtual_hosts.push_back(virtual_host(service, port.port));
    }
  }
  std::vector<RouteConfig> result;
  for (auto& [port, routes] : by_port) result.push_back(std::move(routes));
  return result;
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

ClusterConfig build_cluster(const ServiceDeclaration& service, const ServicePort& port, const DestinationRule* rule,
                            std::vector<std::string> identities) {
  const TrafficPolicySpec& policy = policy_of(rule);
  ClusterConfig cluster;
  cluster.name = cluster_name(service.host, port.port);
  cluster.lb_policy = policy_of(policy.load_balancer);
  cluster.panic_threshold_percent = 0;
  cluster.weighted_by_locality = locality_settings(service, rule).weighs();
  apply(policy.connection_pool, cluster);
  cluster.http2 = port.protocol == "http2" || port.protocol == "grpc";
  if (!identities.empty()) {
    cluster.server_name = "outbound_." + std::to_string(port.port) + "_._." + service.host;
    cluster.identities = std::move(identities);
  }
  if (policy.outlier_detection) {
    cluster.outlier = outlier_config(*policy.outlier_detection);
    cluster.panic_threshold_percent = policy.outlier_detection->min_health_percent.value_or(0);
  }
  return cluster;
}

const DestinationRule* rule_for(const std::string& host, std::span<const DestinationRule> rules) {
  const DestinationRule* best = nullptr;
  std::size_t best_length = 0;  // of what the wildcard's '*' leaves, and one more
  for (const DestinationRule& rule : rules) {
    const std::string name = resolved_host(rule);
    if (name == host) return &rule;
    if (!name.starts_with('*') || !host.ends_with(std::string_view(name).substr(1))) continue;
    if (name.size() > best_length) {
      best = &rule;
      best_length = name.size();
    }
  }
  return best;
}

LocalitySettings locality_settings(const ServiceDeclaration& service, const DestinationRule* rule) {
  return locality_settings(policy_of(rule), service.traffic_distribution);
}

ClusterAssignment build_assignment(const ServiceDeclaration& service, const ServicePort& port,
                                   std::span<const PodEndpoint> pods, const DestinationRule* rule,
                                   const LabelledPlace& proxy) {
  ClusterAssignment assignment;
  assignment.cluster = cluster_name(service.host, port.port);
  assignment.localities = arrange_endpoints(pods, port.port, locality_settings(service, rule), proxy);
  return assignment;
}

}  // namespace meshtwin
