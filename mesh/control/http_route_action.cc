#include "mesh/control/http_route_action.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>

#include "mesh/traffic/retry_conditions.h"

namespace meshtwin {
namespace {

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

void put_condition(std::string_view name, RetryPolicy& retry) {
  for (const RetryCondition& condition : kRetryConditions) {
    if (condition.name == name) retry.*condition.flag = true;
  }
  std::uint16_t status = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), status);
  if (error == std::errc() && end == name.data() + name.size()) retry.on_status.push_back(status);
}

// Its name, where a request's header of it is set, is whom the request is for.
bool names_host(const std::string& header) {
  const std::string name = lower(header);
  return name == "host" || name == ":authority";
}

void put_redirect(const HttpRedirect& redirect, std::uint16_t port, RouteConfigEntry& entry) {
  RedirectAction action{redirect.uri,    redirect.uri_prefix, redirect.authority,
                        redirect.scheme, redirect.port,       redirect.status};
  if (redirect.port_from_request) action.port = port;
  entry.redirect = std::move(action);
}

void put_rewrite(const HttpRewrite& rewrite, RouteConfigEntry& entry) {
  entry.rewrite.prefix = rewrite.uri;
  entry.rewrite.path = rewrite.full_path;
  entry.rewrite.regex = rewrite.uri_regex;
  entry.rewrite.authority = rewrite.authority;
}

void put_fault(const HttpFault& fault, RouteConfigEntry& entry) {
  FaultAction action;
  if (fault.delay) {
    action.delay_share = fault.delay->share;
    action.delay = fault.delay->fixed;
  }
  if (fault.abort) {
    action.abort_share = fault.abort->share;
    action.abort_status = fault.abort->http_status;
    action.abort_grpc_status = fault.abort->grpc_status;
  }
  entry.fault = action;
}

void put_path(const StringMatch& uri, bool segments, RouteMatch& match) {
  switch (uri.kind) {
    case StringMatch::Kind::exact:
      match.path_kind = RouteMatch::PathKind::exact;
      match.path = uri.text;
      break;
    case StringMatch::Kind::regex:
      match.path_kind = RouteMatch::PathKind::regex;
      match.path = uri.text;
      break;
    default:
      match.path = uri.text.empty() ? "/" : uri.text;
      match.path_kind = segments && match.path != "/" ? RouteMatch::PathKind::segments : RouteMatch::PathKind::prefix;
  }
  match.ignore_case = uri.ignore_case;
}

}  // namespace

RetryPolicy default_retries() {
  RetryPolicy retry;
  retry.attempts = 2;
  retry.on_connect_failure = retry.on_refused_stream = retry.on_unavailable = retry.on_cancelled = true;
  retry.skip_previous_hosts = true;
  retry.host_selection_attempts = 5;
  return retry;
}

RetryPolicy retry_policy(const HttpRetry& spec) {
  if (spec.attempts == 0) return {};
  RetryPolicy retry = default_retries();
  if (!spec.retry_on.empty()) {
    retry.on_connect_failure = retry.on_refused_stream = retry.on_unavailable = retry.on_cancelled = false;
    const std::string_view conditions = spec.retry_on;
    for (std::size_t begin = 0; begin < conditions.size();) {
      const std::size_t end = std::min(conditions.find(',', begin), conditions.size());
      std::string_view name = conditions.substr(begin, end - begin);
      while (name.starts_with(' ')) name.remove_prefix(1);
      while (name.ends_with(' ')) name.remove_suffix(1);
      put_condition(name, retry);
      begin = end + 1;
    }
  }
  retry.attempts = spec.attempts;
  retry.per_try_timeout = spec.per_try_timeout.value_or(0);
  if (spec.backoff) retry.base_interval = *spec.backoff;
  retry.skip_previous_hosts = spec.ignore_previous_hosts;
  return retry;
}

void put_action(const HttpRoute& route, std::uint16_t port, RouteConfigEntry& entry) {
  entry.timeout = route.timeout.value_or(0);
  if (route.redirect) {
    put_redirect(*route.redirect, port, entry);
  } else if (route.direct_response) {
    entry.direct_response = route.direct_response;
  } else {
    entry.retry = route.retries ? retry_policy(*route.retries) : default_retries();
    if (route.rewrite) put_rewrite(*route.rewrite, entry);
  }
  entry.headers = route.headers;
  std::erase_if(entry.headers.request.set, [&entry](const auto& header) {
    if (!names_host(header.first)) return false;
    entry.rewrite.authority = header.second;
    return true;
  });
  if (route.fault) put_fault(*route.fault, entry);
  if (route.cors) entry.cors = std::make_shared<const CorsRules>(*route.cors);
}

RouteMatch route_match(const HttpMatch& from) {
  RouteMatch match;
  if (from.uri) put_path(*from.uri, from.uri_segments, match);
  for (const auto& [name, value] : from.headers) match.headers.push_back({lower(name), value, false});
  for (const auto& [name, value] : from.without_headers) match.headers.push_back({lower(name), value, true});
  if (from.method) match.headers.push_back({":method", *from.method, false});
  if (from.authority) match.headers.push_back({":authority", *from.authority, false});
  if (from.scheme) match.headers.push_back({":scheme", *from.scheme, false});
  match.query_params = from.query_params;
  return match;
}

}  // namespace meshtwin
