#include <set>
#include <string_view>

#include "mesh/control/config_messages.h"
#include "mesh/control/proto/previous_hosts.pb.h"

namespace meshtwin {
namespace {

using envoy::config::route::v3::Route;
using envoy::config::route::v3::RouteConfiguration;
using envoy::extensions::retry::host::previous_hosts::v3::PreviousHostsPredicate;
using RetryMessage = envoy::config::route::v3::RetryPolicy;

struct RetryCondition {
  std::string_view name;
  bool RetryPolicy::*flag;
};
constexpr RetryCondition kRetryConditions[] = {{"connect-failure", &RetryPolicy::on_connect_failure},
                                               {"refused-stream", &RetryPolicy::on_refused_stream},
                                               {"unavailable", &RetryPolicy::on_unavailable},
                                               {"cancelled", &RetryPolicy::on_cancelled},
                                               {"reset", &RetryPolicy::on_reset},
                                               {"5xx", &RetryPolicy::on_5xx},
                                               {"gateway-error", &RetryPolicy::on_gateway_error}};

void to_message(const RetryPolicy& retry, RetryMessage& message) {
  std::string conditions;
  for (const RetryCondition& condition : kRetryConditions) {
    if (!(retry.*condition.flag)) continue;
    if (!conditions.empty()) conditions += ',';
    conditions += condition.name;
  }
  message.set_retry_on(conditions);
  message.mutable_num_retries()->set_value(retry.attempts);
  if (retry.skip_previous_hosts) {
    auto& predicate = *message.add_retry_host_predicate();
    predicate.set_name("envoy.retry_host_predicates.previous_hosts");
    predicate.mutable_typed_config()->PackFrom(PreviousHostsPredicate());
  }
  message.set_host_selection_retry_max_attempts(retry.host_selection_attempts);
  if (retry.base_interval != RetryPolicy().base_interval) {
    set_duration(retry.base_interval, *message.mutable_retry_back_off()->mutable_base_interval());
  }
}

Refusal read_conditions(std::string_view text, RetryPolicy& retry) {
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), name.size() + 1));
    bool known = false;
    for (const RetryCondition& condition : kRetryConditions) {
      if (condition.name == name) known = retry.*condition.flag = true;
    }
    if (!known) return "retry_on: '" + std::string(name) + "' is not supported";
  }
  return std::nullopt;
}

Refusal from_message(const RetryMessage& message, RetryPolicy& retry) {
  if (const Refusal problem = read_conditions(message.retry_on(), retry)) return problem;
  retry.attempts = message.has_num_retries() ? message.num_retries().value() : 1;
  for (const auto& predicate : message.retry_host_predicate()) {
    if (!predicate.typed_config().Is<PreviousHostsPredicate>()) {
      return "retry_host_predicate '" + predicate.name() + "' is not supported";
    }
    retry.skip_previous_hosts = true;
  }
  const std::int64_t attempts = message.host_selection_retry_max_attempts();
  if (attempts < 0 || attempts > 1000) return "host_selection_retry_max_attempts is not in 0..1000";
  retry.host_selection_attempts = attempts == 0 ? 1 : static_cast<std::uint32_t>(attempts);
  if (message.retry_back_off().has_base_interval() &&
      (!read_duration(message.retry_back_off().base_interval(), retry.base_interval) || retry.base_interval == 0)) {
    return "retry_back_off.base_interval must be above 0";
  }
  return std::nullopt;
}

void to_message(const RouteConfigEntry& route, Route& message) {
  message.set_name(route.name);
  message.mutable_match()->set_prefix(route.match.path);
  auto& action = *message.mutable_route();
  action.set_cluster(route.cluster);
  set_duration(route.timeout, *action.mutable_timeout());  // also 0: its absence would mean 15 s
  if (route.retry.attempts > 0) to_message(route.retry, *action.mutable_retry_policy());
}

Refusal from_message(const Route& message, RouteConfigEntry& route) {
  route.name = message.name();
  if (!message.match().has_prefix()) return "a route that does not match by prefix";
  route.match.path = message.match().prefix();
  if (!message.has_route() || message.route().cluster().empty()) return "a route without a cluster";
  route.cluster = message.route().cluster();
  route.timeout = 15 * kSecond;
  if (message.route().has_timeout() && !read_duration(message.route().timeout(), route.timeout)) {
    return "a route whose timeout is out of range";
  }
  if (!message.route().has_retry_policy()) return std::nullopt;
  return from_message(message.route().retry_policy(), route.retry);
}

}  // namespace

void to_message(const RouteConfig& routes, RouteConfiguration& message) {
  message.set_name(routes.name);
  for (const VirtualHost& host : routes.virtual_hosts) {
    auto& virtual_host = *message.add_virtual_hosts();
    virtual_host.set_name(host.name);
    for (const std::string& domain : host.domains) virtual_host.add_domains(domain);
    for (const RouteConfigEntry& route : host.routes) to_message(route, *virtual_host.add_routes());
  }
}

Refusal from_message(const RouteConfiguration& message, RouteConfig& routes) {
  if (message.name().empty()) return "a route configuration without a name";
  routes.name = message.name();
  std::set<std::string_view> seen;
  for (const auto& virtual_host : message.virtual_hosts()) {
    VirtualHost& host = routes.virtual_hosts.emplace_back();
    if (virtual_host.name().empty()) return "a virtual host without a name";
    host.name = virtual_host.name();
    if (virtual_host.domains_size() == 0) return "virtual host '" + host.name + "' has no domains";
    for (const std::string& domain : virtual_host.domains()) {
      if (domain.empty()) return "virtual host '" + host.name + "' has an empty domain";
      if (!seen.insert(domain).second) return "domain '" + domain + "' stands twice";
      host.domains.push_back(domain);
    }
    for (const Route& route : virtual_host.routes()) {
      if (const Refusal problem = from_message(route, host.routes.emplace_back())) {
        return "virtual host '" + host.name + "': " + *problem;
      }
    }
  }
  return std::nullopt;
}

}  // namespace meshtwin
