#include <set>
#include <string_view>

#include "mesh/control/route_messages.h"

namespace meshtwin {
namespace {

using envoy::config::core::v3::HeaderValueOption;
using envoy::config::route::v3::DirectResponseAction;
using envoy::config::route::v3::RedirectAction_RedirectResponseCode;
using envoy::config::route::v3::Route;
using envoy::config::route::v3::RouteAction;
using envoy::config::route::v3::RouteConfiguration;
using HashMessage = RouteAction::HashPolicy;
using RedirectMessage = envoy::config::route::v3::RedirectAction;
using WeightedMessage = envoy::config::route::v3::WeightedCluster;

constexpr std::uint16_t kRedirectStatuses[] = {301, 302, 303, 307, 308};  // by RedirectResponseCode

template <typename Add>
void put_values(const std::vector<std::pair<std::string, std::string>>& values,
                HeaderValueOption::HeaderAppendAction action, Add add) {
  for (const auto& [name, value] : values) {
    HeaderValueOption& option = *add();
    option.mutable_header()->set_key(name);
    option.mutable_header()->set_value(value);
    option.set_append_action(action);
  }
}

// Of a route, or of one of its clusters.
template <typename Message>
void put_headers(const HeaderRules& rules, Message& message) {
  const auto request = [&message] { return message.add_request_headers_to_add(); };
  const auto response = [&message] { return message.add_response_headers_to_add(); };
  put_values(rules.request.set, HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD, request);
  put_values(rules.request.add, HeaderValueOption::APPEND_IF_EXISTS_OR_ADD, request);
  put_values(rules.response.set, HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD, response);
  put_values(rules.response.add, HeaderValueOption::APPEND_IF_EXISTS_OR_ADD, response);
  for (const std::string& name : rules.request.remove) message.add_request_headers_to_remove(name);
  for (const std::string& name : rules.response.remove) message.add_response_headers_to_remove(name);
}

template <typename Options>
Refusal read_values(const Options& options, HeaderOperations& operations) {
  for (const HeaderValueOption& option : options) {
    if (option.header().key().empty()) return "a header without a name";
    const bool adds = option.append_action() == HeaderValueOption::APPEND_IF_EXISTS_OR_ADD;
    if (!adds && option.append_action() != HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD) {
      return "header '" + option.header().key() + "': an append_action that is not supported";
    }
    (adds ? operations.add : operations.set).emplace_back(option.header().key(), option.header().value());
  }
  return std::nullopt;
}

template <typename Message>
Refusal read_headers(const Message& message, HeaderRules& rules) {
  if (Refusal problem = read_values(message.request_headers_to_add(), rules.request)) return problem;
  if (Refusal problem = read_values(message.response_headers_to_add(), rules.response)) return problem;
  const auto& request = message.request_headers_to_remove();
  const auto& response = message.response_headers_to_remove();
  rules.request.remove.assign(request.begin(), request.end());
  rules.response.remove.assign(response.begin(), response.end());
  return std::nullopt;
}

void to_message(const HashPolicy& policy, HashMessage& message) {
  switch (policy.kind) {
    case HashPolicy::Kind::header:
      message.mutable_header()->set_header_name(policy.name);
      break;
    case HashPolicy::Kind::query_param:
      message.mutable_query_parameter()->set_name(policy.name);
      break;
    case HashPolicy::Kind::source_ip:
      message.mutable_connection_properties()->set_source_ip(true);
      break;
    case HashPolicy::Kind::cookie:
      message.mutable_cookie()->set_name(policy.name);
      message.mutable_cookie()->set_path(policy.cookie_path);
      if (policy.cookie_ttl.has_value()) set_duration(*policy.cookie_ttl, *message.mutable_cookie()->mutable_ttl());
      break;
  }
  message.set_terminal(true);
}

Refusal from_message(const HashMessage& message, HashPolicy& policy) {
  switch (message.policy_specifier_case()) {
    case HashMessage::kHeader:
      policy.kind = HashPolicy::Kind::header;
      policy.name = message.header().header_name();
      return std::nullopt;
    case HashMessage::kQueryParameter:
      policy.kind = HashPolicy::Kind::query_param;
      policy.name = message.query_parameter().name();
      return std::nullopt;
    case HashMessage::kConnectionProperties:
      policy.kind = HashPolicy::Kind::source_ip;
      return std::nullopt;
    case HashMessage::kCookie:
      policy.kind = HashPolicy::Kind::cookie;
      policy.name = message.cookie().name();
      policy.cookie_path = message.cookie().path();
      if (message.cookie().has_ttl() && !read_duration(message.cookie().ttl(), policy.cookie_ttl.emplace())) {
        return "a cookie whose ttl is out of range";
      }
      return std::nullopt;
    default:
      return "a hash_policy of a kind that is not supported";
  }
}

void to_message(const RewriteAction& rewrite, RouteAction& message) {
  if (rewrite.prefix.has_value()) message.set_prefix_rewrite(*rewrite.prefix);
  if (rewrite.path.has_value()) message.set_path_rewrite(*rewrite.path);
  if (rewrite.regex.has_value()) {
    message.mutable_regex_rewrite()->mutable_pattern()->set_regex(rewrite.regex->first);
    message.mutable_regex_rewrite()->set_substitution(rewrite.regex->second);
  }
  if (!rewrite.authority.empty()) message.set_host_rewrite_literal(rewrite.authority);
}

void from_message(const RouteAction& message, RewriteAction& rewrite) {
  if (message.has_prefix_rewrite()) rewrite.prefix = message.prefix_rewrite();
  if (message.has_path_rewrite()) rewrite.path = message.path_rewrite();
  if (message.has_regex_rewrite()) {
    rewrite.regex = {message.regex_rewrite().pattern().regex(), message.regex_rewrite().substitution()};
  }
  rewrite.authority = message.host_rewrite_literal();
}

void put_action(const RouteConfigEntry& route, RouteAction& action) {
  if (route.weighted_clusters.empty()) action.set_cluster(route.cluster);
  for (const WeightedCluster& cluster : route.weighted_clusters) {
    auto& weighted = *action.mutable_weighted_clusters()->add_clusters();
    weighted.set_name(cluster.cluster);
    weighted.mutable_weight()->set_value(cluster.weight);
    put_headers(cluster.headers, weighted);
  }
  to_message(route.rewrite, action);
  set_duration(route.timeout, *action.mutable_timeout());  // also 0: its absence would mean 15 s
  if (route.retry.attempts > 0) to_message(route.retry, *action.mutable_retry_policy());
  for (const HashPolicy& policy : route.hash) to_message(policy, *action.add_hash_policy());
  for (const MirrorPolicy& mirror : route.mirrors) {
    auto& policy = *action.add_request_mirror_policies();
    policy.set_cluster(mirror.cluster);
    set_share(mirror.share, *policy.mutable_runtime_fraction()->mutable_default_value());
  }
}

Refusal read_weighted(const WeightedMessage& message, RouteConfigEntry& route) {
  if (message.clusters_size() == 0) return "weighted_clusters of none";
  for (const auto& weighted : message.clusters()) {
    WeightedCluster& cluster = route.weighted_clusters.emplace_back();
    cluster.cluster = weighted.name();
    cluster.weight = weighted.weight().value();
    if (Refusal problem = read_headers(weighted, cluster.headers)) return problem;
  }
  return std::nullopt;
}

Refusal read_mirrors(const RouteAction& action, RouteConfigEntry& route) {
  for (const auto& policy : action.request_mirror_policies()) {
    MirrorPolicy& mirror = route.mirrors.emplace_back();
    mirror.cluster = policy.cluster();
    if (!policy.has_runtime_fraction()) continue;  // all
    if (Refusal problem = read_share(policy.runtime_fraction().default_value(), mirror.share)) return problem;
  }
  return std::nullopt;
}

Refusal read_action(const RouteAction& action, RouteConfigEntry& route) {
  Refusal problem;
  if (action.has_weighted_clusters()) {
    problem = read_weighted(action.weighted_clusters(), route);
  } else if (action.cluster().empty()) {
    problem = "a route without a cluster";
  }
  if (problem) return problem;
  route.cluster = action.cluster();
  from_message(action, route.rewrite);
  route.timeout = 15 * kSecond;
  if (action.has_timeout() && !read_duration(action.timeout(), route.timeout)) {
    return "a route whose timeout is out of range";
  }
  for (const HashMessage& policy : action.hash_policy()) {
    if ((problem = from_message(policy, route.hash.emplace_back()))) return problem;
  }
  if ((problem = read_mirrors(action, route))) return problem;
  return action.has_retry_policy() ? from_message(action.retry_policy(), route.retry) : std::nullopt;
}

void to_message(const RedirectAction& redirect, RedirectMessage& message) {
  message.set_host_redirect(redirect.authority);
  if (redirect.path.has_value()) message.set_path_redirect(*redirect.path);
  if (redirect.prefix.has_value()) message.set_prefix_rewrite(*redirect.prefix);
  if (!redirect.scheme.empty()) message.set_scheme_redirect(redirect.scheme);
  message.set_port_redirect(redirect.port);
  for (int code = 0; code < static_cast<int>(std::size(kRedirectStatuses)); ++code) {
    if (kRedirectStatuses[code] != redirect.status) continue;
    message.set_response_code(static_cast<RedirectAction_RedirectResponseCode>(code));
  }
}

Refusal from_message(const RedirectMessage& message, RedirectAction& redirect) {
  redirect.authority = message.host_redirect();
  if (message.path_rewrite_specifier_case() == RedirectMessage::kPathRedirect) redirect.path = message.path_redirect();
  if (message.path_rewrite_specifier_case() == RedirectMessage::kPrefixRewrite) {
    redirect.prefix = message.prefix_rewrite();
  }
  redirect.scheme = message.scheme_redirect();
  redirect.port = message.port_redirect();
  if (redirect.port > 65535) return "port_redirect " + std::to_string(redirect.port) + " is above 65535";
  const auto code = static_cast<std::size_t>(message.response_code());
  if (code >= std::size(kRedirectStatuses)) return "response_code " + std::to_string(code) + " is not known";
  redirect.status = kRedirectStatuses[code];
  return std::nullopt;
}

Refusal from_message(const DirectResponseAction& message, HttpDirectResponse& response) {
  if (message.status() < 200 || message.status() > 599) {
    return "direct_response status " + std::to_string(message.status()) + " is not in 200..599";
  }
  response.status = static_cast<std::uint16_t>(message.status());
  response.body = message.body().has_inline_bytes() ? message.body().inline_bytes() : message.body().inline_string();
  return std::nullopt;
}

void to_message(const RouteConfigEntry& route, Route& message) {
  message.set_name(route.name);
  to_message(route.match, *message.mutable_match());
  if (route.redirect.has_value()) {
    to_message(*route.redirect, *message.mutable_redirect());
  } else if (route.direct_response.has_value()) {
    message.mutable_direct_response()->set_status(route.direct_response->status);
    if (!route.direct_response->body.empty()) {
      message.mutable_direct_response()->mutable_body()->set_inline_string(route.direct_response->body);
    }
  } else {
    put_action(route, *message.mutable_route());
  }
  put_headers(route.headers, message);
  put_filters(route, message);
}

Refusal from_message(const Route& message, RouteConfigEntry& route) {
  route.name = message.name();
  if (Refusal problem = from_message(message.match(), route.match)) return problem;
  Refusal problem;
  switch (message.action_case()) {
    case Route::kRoute:
      problem = read_action(message.route(), route);
      break;
    case Route::kRedirect:
      problem = from_message(message.redirect(), route.redirect.emplace());
      break;
    case Route::kDirectResponse:
      problem = from_message(message.direct_response(), route.direct_response.emplace());
      break;
    default:
      problem = "a route without a cluster";
      break;
  }
  if (!problem) problem = read_headers(message, route.headers);
  return problem ? problem : read_filters(message, route);
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
