#include "mesh/resource/virtual_service_rules.h"

#include <algorithm>

#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/route_parts.h"

namespace meshtwin {

namespace {

// Envoy's names for what is retried, of HTTP and of gRPC.
const std::vector<std::string> kRetryOn = {"5xx",
                                           "gateway-error",
                                           "reset",
                                           "reset-before-request",
                                           "connect-failure",
                                           "envoy-ratelimited",
                                           "retriable-4xx",
                                           "refused-stream",
                                           "retriable-status-codes",
                                           "retriable-headers",
                                           "http3-post-connect-failure",
                                           "cancelled",
                                           "deadline-exceeded",
                                           "internal",
                                           "resource-exhausted",
                                           "unavailable"};

bool is_status(const std::string& text) {
  const auto value = parse_integer(text).value;
  return value && *value >= 100 && *value <= 599;
}

void check_retry_on(const Node* node, Findings& findings) {
  if (node == nullptr) return;
  std::size_t from = 0;
  while (from <= node->text.size() && !node->text.empty()) {
    const std::size_t comma = std::min(node->text.find(',', from), node->text.size());
    std::string name = node->text.substr(from, comma - from);
    name.erase(0, name.find_first_not_of(' '));
    name.erase(name.find_last_not_of(' ') + 1);
    if (std::count(kRetryOn.begin(), kRetryOn.end(), name) == 0 && !is_status(name))
      findings.refuse(*node, "found " + quote(name) + ", expected a status code or one of " + listing(kRetryOn) +
                                 suggestion(name, kRetryOn));
    from = comma + 1;
  }
}

void check_weights(const Node& route, Findings& findings) {
  const auto destinations = list_at(&route, "route");
  if (destinations.size() < 2) return;
  std::int64_t total = 0;
  for (const Node& destination : destinations) total += read_integer(&destination, "weight", 0);
  if (total == 0) findings.refuse(*route.find("route"), "found weights that sum up to 0, expected a positive sum");
  if (total > 0xffffffffLL)
    findings.refuse(*route.find("route"),
                    "found weights that sum up to " + std::to_string(total) + ", expected less than 2^32");
}

bool says_nothing(const Node& match) {
  return std::all_of(match.keys.begin(), match.keys.end(), [](const Node& key) {
    return key.text == "name" || key.text == "statPrefix" || key.text == "ignoreUriCase";
  });
}

void check_http_match(const Node& match, Findings& findings) {
  if (says_nothing(match) && match.find("ignoreUriCase") != nullptr)
    findings.refuse(match, "found ignoreUriCase without uri, expected both");
  for (const char* key : {"uri", "scheme", "method", "authority"}) {
    const Node* value = match.find(key);
    check_string_match(value, findings);
    if (value != nullptr && value->keys.empty())
      findings.refuse(*value, "found nothing in " + std::string(key) + ", expected exact, prefix or regex");
  }
  for (const char* key : {"headers", "queryParams", "withoutHeaders"}) check_named_matches(match.find(key), findings);
  if (const Node* uri = match.find("uri"); uri != nullptr)
    for (const char* key : {"exact", "prefix"})
      if (const Node* path = uri->find(key); path != nullptr && path->text.empty())
        findings.refuse(*path, "found \"\", expected the beginning of a path, such as /");
}

void check_fault(const Node* fault, Findings& findings) {
  for (const char* kind : {"delay", "abort"}) {
    const Node* part = child(fault, kind);
    if (part == nullptr) continue;
    const bool delay = std::string_view(kind) == "delay";
    const bool told = delay ? part->find("fixedDelay") != nullptr || part->find("exponentialDelay") != nullptr
                            : part->find("httpStatus") != nullptr || part->find("grpcStatus") != nullptr ||
                                  part->find("http2Error") != nullptr;
    if (!told)
      findings.refuse(*part,
                      "found no " + std::string(delay ? "fixedDelay" : "httpStatus or grpcStatus") + ", expected one");
    if (part->find("percentage") == nullptr && part->find("percent") == nullptr)
      findings.warn(*part, "a fault without percentage: nothing is injected");
  }
  if (fault != nullptr && fault->keys.empty()) findings.refuse(*fault, "found an empty fault, expected delay or abort");
}

class HttpRouteRules {
 public:
  HttpRouteRules(bool delegated, Findings& findings) : delegated_(delegated), findings_(findings) {}

  void check(const Node& route) {
    check_action(route);
    check_weights(route, findings_);
    for (const Node& match : list_at(&route, "match")) {
      check_http_match(match, findings_);
      if (delegated_ && (match.find("gateways") != nullptr || match.find("sourceLabels") != nullptr))
        findings_.refuse(
            match, "found gateways or sourceLabels in a delegate (a VirtualService without hosts), expected neither");
    }
    check_retry_on(child(route.find("retries"), "retryOn"), findings_);
    check_fault(route.find("fault"), findings_);
    for (const Node& origin : list_at(route.find("corsPolicy"), "allowOrigins")) check_string_match(&origin, findings_);
    check_regex(child(child(route.find("rewrite"), "uriRegexRewrite"), "match"), findings_);
    check_redirect(route.find("redirect"));
  }

 private:
  void check_action(const Node& route) {
    std::vector<std::string> actions;
    for (const char* key : {"route", "redirect", "directResponse", "delegate"}) {
      const Node* action = route.find(key);
      if (action == nullptr || (action->kind == Node::Kind::list && action->items.empty())) continue;
      actions.emplace_back(key);
    }
    if (actions.size() != 1)
      findings_.refuse(route, "found " + (actions.empty() ? "none" : listing(actions)) +
                                  ", expected exactly one of route, redirect, directResponse and delegate");
    if (actions.size() == 1 && actions[0] != "route")
      for (const char* key : {"rewrite", "fault", "retries", "timeout", "mirror", "mirrors"})
        if (const Node* extra = route.find(key); extra != nullptr && !(actions[0] == "delegate"))
          refuse_or_warn(*extra, key, actions[0]);
    if (route.find("delegate") != nullptr && delegated_)
      findings_.refuse(*route.find("delegate"),
                       "found a delegate in a delegate (a VirtualService without hosts), expected a route");
    if (const Node* redirect = route.find("redirect"); redirect != nullptr && redirect->keys.empty())
      findings_.refuse(*redirect, "found an empty redirect, expected uri, authority, scheme, port or redirectCode");
  }

  // A fault may come before a redirect; everything else has no meaning without a destination.
  void refuse_or_warn(const Node& extra, const std::string& key, const std::string& action) {
    if (key == "fault") return;
    if (key == "rewrite")
      return findings_.refuse(extra, "found rewrite together with " + action + ", expected one of them");
    findings_.warn(extra, key + " together with " + action + " has no effect");
  }

  void check_redirect(const Node* redirect) {
    const Node* scheme = child(redirect, "scheme");
    if (scheme != nullptr && scheme->text != "http" && scheme->text != "https")
      findings_.refuse(*scheme, "found " + quote(scheme->text) + ", expected http or https");
  }

  bool delegated_;
  Findings& findings_;
};

void check_streams(const Node* spec, const char* key, Findings& findings) {
  for (const Node& route : list_at(spec, key)) check_weights(route, findings);
}

void check_hosts(const Node& spec, Findings& findings) {
  const auto hosts = list_at(&spec, "hosts");
  bool at_sidecars = list_at(&spec, "gateways").empty();
  for (const Node& gateway : list_at(&spec, "gateways")) at_sidecars = at_sidecars || gateway.text == "mesh";
  std::vector<std::string> seen;
  for (const Node& host : hosts) {
    if (host.text == "*" && at_sidecars)
      findings.refuse(host,
                      "found \"*\" without a gateway, expected the names of services: only a gateway takes every host");
    if (std::count(seen.begin(), seen.end(), host.text) > 0)
      findings.refuse(host, "found the host " + quote(host.text) + " a second time, expected each once");
    seen.push_back(host.text);
  }
  if (!hosts.empty()) return;
  if (!list_at(&spec, "gateways").empty())
    findings.refuse(*spec.find("gateways"),
                    "found gateways in a delegate (a VirtualService without hosts), expected none");
  if (list_at(&spec, "http").empty())
    findings.refuse(spec, "found neither hosts nor http, expected hosts, or the http routes of a delegate");
  for (const char* key : {"tcp", "tls"})
    if (!list_at(&spec, key).empty())
      findings.refuse(*spec.find(key), "found " + std::string(key) +
                                           " in a delegate (a VirtualService without hosts), expected http only");
}

// A route that matches everything hides those after it.
void warn_of_unreachable(const Node& spec, Findings& findings) {
  const auto routes = list_at(&spec, "http");
  for (std::size_t i = 0; i + 1 < routes.size(); ++i) {
    const auto matches = list_at(&routes[i], "match");
    if (!matches.empty() && std::none_of(matches.begin(), matches.end(), says_nothing)) continue;
    findings.warn(routes[i + 1], "no request comes to this route: the one before it matches every request");
    return;
  }
}

}  // namespace

void check_virtual_service(const Node& document, Findings& findings) {
  const Node* spec = document.find("spec");
  check_hosts(*spec, findings);
  HttpRouteRules rules(list_at(spec, "hosts").empty(), findings);
  for (const Node& route : list_at(spec, "http")) rules.check(route);
  check_streams(spec, "tcp", findings);
  check_streams(spec, "tls", findings);
  if (!list_at(spec, "hosts").empty() && list_at(spec, "http").empty() && list_at(spec, "tcp").empty() &&
      list_at(spec, "tls").empty())
    findings.refuse(*spec, "found none of http, tcp and tls, expected at least one route");
  warn_of_unreachable(*spec, findings);
}

}  // namespace meshtwin
