// Istio's VirtualService.

#include <algorithm>

#include "mesh/resource/document_kind.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/resources.h"
#include "mesh/resource/route_parts.h"
#include "mesh/resource/virtual_service_rules.h"
#include "mesh/resource/virtual_service_shape.h"

namespace meshtwin {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs read_pairs(const Node* node, const char* key) {
  Pairs pairs;
  const Node* map = child(node, key);
  if (map == nullptr) return pairs;
  for (std::size_t i = 0; i < map->keys.size(); ++i) pairs.emplace_back(map->keys[i].text, map->items[i].text);
  return pairs;
}

HeaderOperations read_operations(const Node* node) {
  return {.remove = read_texts(node, "remove"), .set = read_pairs(node, "set"), .add = read_pairs(node, "add")};
}

HeaderRules read_headers(const Node* node) {
  return {.request = read_operations(child(node, "request")), .response = read_operations(child(node, "response"))};
}

std::vector<RouteDestination> read_destinations(const Node& route) {
  std::vector<RouteDestination> destinations;
  for (const Node& node : list_at(&route, "route")) {
    destinations.push_back({.destination = read_destination(node.find("destination")),
                            .weight = static_cast<std::uint32_t>(read_integer(&node, "weight", 0)),
                            .headers = read_headers(node.find("headers"))});
  }
  return destinations;
}

std::optional<StringMatch> optional_match(const Node& node, const char* key, bool ignore_case = false) {
  const Node* value = node.find(key);
  if (value == nullptr) return std::nullopt;
  StringMatch match = read_string_match(*value);
  match.ignore_case = ignore_case && match.kind != StringMatch::Kind::regex;
  return match;
}

HttpMatch read_http_match(const Node& node) {
  return {.name = read_text(&node, "name"),
          .uri = optional_match(node, "uri", read_boolean(&node, "ignoreUriCase", false)),
          .scheme = optional_match(node, "scheme"),
          .method = optional_match(node, "method"),
          .authority = optional_match(node, "authority"),
          .headers = read_named_matches(node.find("headers")),
          .without_headers = read_named_matches(node.find("withoutHeaders")),
          .query_params = read_named_matches(node.find("queryParams")),
          .port = read_port(&node, "port"),
          .source_labels = read_labels(&node, "sourceLabels"),
          .source_namespace = read_text(&node, "sourceNamespace"),
          .gateways = read_texts(&node, "gateways")};
}

HttpRedirect read_redirect(const Node& node) {
  HttpRedirect redirect;
  if (node.find("uri") != nullptr) redirect.uri = read_text(&node, "uri");
  if (node.find("prefixRewrite") != nullptr) redirect.uri_prefix = read_text(&node, "prefixRewrite");
  redirect.authority = read_text(&node, "authority");
  redirect.scheme = read_text(&node, "scheme");
  redirect.port = read_port(&node, "port");
  redirect.port_from_request = read_text(&node, "derivePort") == "FROM_REQUEST_PORT";
  redirect.status = static_cast<std::uint16_t>(read_integer(&node, "redirectCode", redirect.status));
  return redirect;
}

HttpRewrite read_rewrite(const Node& node) {
  HttpRewrite rewrite;
  if (node.find("uri") != nullptr) rewrite.uri = read_text(&node, "uri");
  rewrite.authority = read_text(&node, "authority");
  if (const Node* regex = node.find("uriRegexRewrite"))
    rewrite.uri_regex.emplace(read_text(regex, "match"), read_text(regex, "rewrite"));
  return rewrite;
}

HttpRetry read_retries(const Node& node) {
  HttpRetry retry;
  retry.attempts = static_cast<std::uint32_t>(read_integer(&node, "attempts", retry.attempts));
  retry.per_try_timeout = optional_duration(&node, "perTryTimeout");
  retry.retry_on = read_text(&node, "retryOn");
  retry.backoff = optional_duration(&node, "backoff");
  retry.ignore_previous_hosts = read_boolean(&node, "retryIgnorePreviousHosts", retry.ignore_previous_hosts);
  return retry;
}

// 0..1 of a percentage; `older`: a whole number under that key.
double read_percentage(const Node& node, const char* key, double otherwise) {
  const Node* percentage = node.find(key);
  return percentage == nullptr ? otherwise : read_number(percentage, "value", 0) / 100;
}

HttpFault read_fault(const Node& node) {
  HttpFault fault;
  if (const Node* delay = node.find("delay")) {
    const double older = static_cast<double>(read_integer(delay, "percent", 0)) / 100;
    fault.delay = HttpFault::Delay{.share = read_percentage(*delay, "percentage", older),
                                   .fixed = optional_duration(delay, "fixedDelay").value_or(0)};
  }
  if (const Node* abort = node.find("abort")) {
    fault.abort.emplace();
    fault.abort->share = read_percentage(*abort, "percentage", 0);
    fault.abort->http_status = read_port(abort, "httpStatus");
    if (const Node* status = abort->find("grpcStatus")) fault.abort->grpc_status = grpc_status(status->text);
  }
  return fault;
}

std::vector<HttpMirror> read_mirrors(const Node& route) {
  std::vector<HttpMirror> mirrors;
  if (const Node* mirror = route.find("mirror")) {
    std::int64_t older = read_integer(&route, "mirrorPercent", 100);
    older = read_integer(&route, "mirror_percent", older);
    const double share = read_percentage(route, "mirrorPercentage", static_cast<double>(older) / 100);
    mirrors.push_back({read_destination(mirror), share});
  }
  for (const Node& node : list_at(&route, "mirrors"))
    mirrors.push_back({read_destination(node.find("destination")), read_percentage(node, "percentage", 1)});
  return mirrors;
}

CorsRules read_cors(const Node& node) {
  CorsRules cors;
  for (const Node& origin : list_at(&node, "allowOrigins")) cors.allow_origins.push_back(read_string_match(origin));
  for (const std::string& origin : read_texts(&node, "allowOrigin"))
    cors.allow_origins.push_back({.kind = origin == "*" ? StringMatch::Kind::present : StringMatch::Kind::exact,
                                  .text = origin == "*" ? "" : origin});
  cors.allow_methods = read_texts(&node, "allowMethods");
  cors.allow_headers = read_texts(&node, "allowHeaders");
  cors.expose_headers = read_texts(&node, "exposeHeaders");
  cors.max_age = optional_duration(&node, "maxAge");
  cors.allow_credentials = optional_boolean(&node, "allowCredentials");
  cors.forward_not_matching_preflights = read_text(&node, "unmatchedPreflights") != "IGNORE";
  return cors;
}

HttpRoute read_http_route(const Node& node) {
  HttpRoute route;
  route.name = read_text(&node, "name");
  for (const Node& match : list_at(&node, "match")) route.matches.push_back(read_http_match(match));
  route.route = read_destinations(node);
  if (const Node* redirect = node.find("redirect")) route.redirect = read_redirect(*redirect);
  if (const Node* direct = node.find("directResponse"))
    route.direct_response = HttpDirectResponse{read_port(direct, "status"), read_text(direct->find("body"), "string")};
  if (const Node* delegate = node.find("delegate"))
    route.delegate.emplace(read_text(delegate, "name"), read_text(delegate, "namespace"));
  if (const Node* rewrite = node.find("rewrite")) route.rewrite = read_rewrite(*rewrite);
  route.timeout = optional_duration(&node, "timeout");
  if (const Node* retries = node.find("retries")) route.retries = read_retries(*retries);
  if (const Node* fault = node.find("fault")) route.fault = read_fault(*fault);
  route.mirrors = read_mirrors(node);
  if (const Node* cors = node.find("corsPolicy")) route.cors = read_cors(*cors);
  route.headers = read_headers(node.find("headers"));
  return route;
}

StreamRoute read_stream_route(const Node& node) {
  StreamRoute route;
  for (const Node& match : list_at(&node, "match")) {
    route.matches.push_back({.sni_hosts = read_texts(&match, "sniHosts"),
                             .destination_subnets = read_texts(&match, "destinationSubnets"),
                             .port = read_port(&match, "port"),
                             .source_labels = read_labels(&match, "sourceLabels"),
                             .source_namespace = read_text(&match, "sourceNamespace"),
                             .gateways = read_texts(&match, "gateways")});
  }
  route.route = read_destinations(node);
  return route;
}

void read_service(const Node& document, ObjectMeta meta, Resources& into) {
  const Node* spec = document.find("spec");
  VirtualService service;
  service.meta = std::move(meta);
  service.hosts = read_texts(spec, "hosts");
  service.gateways = read_texts(spec, "gateways");
  service.export_to = read_texts(spec, "exportTo");
  for (const Node& route : list_at(spec, "http")) service.http.push_back(read_http_route(route));
  for (const Node& route : list_at(spec, "tls")) service.tls.push_back(read_stream_route(route));
  for (const Node& route : list_at(spec, "tcp")) service.tcp.push_back(read_stream_route(route));
  into.virtual_services.push_back(std::move(service));
}

}  // namespace

std::vector<DocumentKind> virtual_service_kind() {
  return {{.group = "networking.istio.io",
           .kind = "VirtualService",
           .versions = {"v1", "v1beta1", "v1alpha3"},
           .spec = virtual_service_shape(),
           .others = {},
           .rules = check_virtual_service,
           .read = read_service}};
}

}  // namespace meshtwin
