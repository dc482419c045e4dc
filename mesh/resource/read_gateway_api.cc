// Gateway API's Gateway, HTTPRoute, GRPCRoute, TCPRoute and ReferenceGrant.

#include <re2/re2.h>

#include <set>

#include "mesh/resource/document_kind.h"
#include "mesh/resource/document_parts.h"
#include "mesh/resource/gateway_api_shapes.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/resources.h"

namespace meshtwin {

namespace {

const std::pair<const char*, const char*> kFilters[] = {{"RequestHeaderModifier", "requestHeaderModifier"},
                                                        {"ResponseHeaderModifier", "responseHeaderModifier"},
                                                        {"RequestMirror", "requestMirror"},
                                                        {"RequestRedirect", "requestRedirect"},
                                                        {"URLRewrite", "urlRewrite"},
                                                        {"CORS", "cors"},
                                                        {"ExtensionRef", "extensionRef"}};

void check_filter(const Node& filter, Findings& findings) {
  const std::string type = read_text(&filter, "type");
  for (const auto& [name, key] : kFilters) {
    const Node* part = filter.find(key);
    if (name == type && part == nullptr)
      findings.refuse(filter, "found no key " + quote(key) + " of type " + type + ", expected it here");
    if (name != type && part != nullptr)
      findings.refuse(*part, "found " + std::string(key) + " with type " + type + ", expected type " + name);
  }
}

void check_named(const Node& match, const char* key, Findings& findings) {
  for (const Node& entry : list_at(&match, key))
    if (read_text(&entry, "type") == "RegularExpression") check_regex(entry.find("value"), findings);
}

void check_path(const Node* path, Findings& findings) {
  const Node* value = child(path, "value");
  if (value == nullptr) return;
  if (read_text(path, "type") == "RegularExpression") return check_regex(value, findings);
  if (!value->text.starts_with('/'))
    findings.refuse(*value, "found " + quote(value->text) + ", expected a path that begins with /");
}

void check_rule(const Node& rule, Findings& findings) {
  bool redirects = false;
  for (const Node& filter : list_at(&rule, "filters")) {
    check_filter(filter, findings);
    redirects = redirects || filter.find("requestRedirect") != nullptr;
  }
  for (const Node& match : list_at(&rule, "matches")) {
    check_path(match.find("path"), findings);
    check_named(match, "headers", findings);
    check_named(match, "queryParams", findings);
    const Node* method = match.find("method");
    if (read_text(method, "type") == "RegularExpression")
      for (const char* key : {"service", "method"}) check_regex(child(method, key), findings);
  }
  if (redirects && !list_at(&rule, "backendRefs").empty())
    findings.refuse(*rule.find("backendRefs"), "found backendRefs beside a redirect, expected only one of them");
  for (const Node& backend : list_at(&rule, "backendRefs")) {
    for (const Node& filter : list_at(&backend, "filters")) check_filter(filter, findings);
    if (backend.find("port") == nullptr && read_text(&backend, "kind", "Service") == "Service")
      findings.refuse(backend, "found no key \"port\", expected it here: of a Service it must be said");
  }
  const Node* timeouts = rule.find("timeouts");
  const auto request = optional_duration(timeouts, "request"), attempt = optional_duration(timeouts, "backendRequest");
  if (request && attempt && *request != 0 && *attempt > *request)
    findings.refuse(*timeouts->find("backendRequest"),
                    "found a time longer than timeouts.request, expected at most that");
}

void check_route(const Node& document, Findings& findings) {
  for (const Node& rule : list_at(document.find("spec"), "rules")) check_rule(rule, findings);
}

void check_gateway(const Node& document, Findings& findings) {
  std::set<std::string> names;
  for (const Node& listener : list_at(document.find("spec"), "listeners")) {
    const Node& name = *listener.find("name");
    if (!names.insert(name.text).second)
      findings.refuse(name, "found the listener " + quote(name.text) + " a second time, expected each name once");
    const Node& protocol = *listener.find("protocol");
    const bool secure = protocol.text == "HTTPS" || protocol.text == "TLS";
    if (secure && listener.find("tls") == nullptr)
      findings.refuse(listener, "found protocol " + protocol.text + " without tls, expected tls");
    if (secure && findings.of_a_run() && read_text(listener.find("tls"), "mode", "Terminate") == "Terminate")
      findings.refuse(listener,
                      "found tls that is terminated here, expected mode Passthrough: gateways of a run hold no "
                      "certificates");
    if (!secure && protocol.text != "HBONE" && listener.find("tls") != nullptr)
      findings.refuse(*listener.find("tls"),
                      "found tls with protocol " + protocol.text + ", expected HTTPS or TLS beside it");
  }
}

StringMatch typed_match(const Node& node) {
  const bool regex = read_text(&node, "type") == "RegularExpression";
  return {.kind = regex ? StringMatch::Kind::regex : StringMatch::Kind::exact, .text = read_text(&node, "value")};
}

std::vector<NamedMatch> named_matches(const Node& match, const char* key) {
  std::vector<NamedMatch> matches;
  for (const Node& node : list_at(&match, key)) matches.emplace_back(read_text(&node, "name"), typed_match(node));
  return matches;
}

HttpMatch read_http_match(const Node& node) {
  HttpMatch match;
  if (const Node* path = node.find("path")) {
    const std::string type = read_text(path, "type", "PathPrefix");
    match.uri = StringMatch{.kind = type == "Exact"               ? StringMatch::Kind::exact
                                    : type == "RegularExpression" ? StringMatch::Kind::regex
                                                                  : StringMatch::Kind::prefix,
                            .text = read_text(path, "value", "/")};
    match.uri_segments = type == "PathPrefix";
  }
  if (const Node* method = node.find("method"); method != nullptr && method->kind == Node::Kind::scalar)
    match.method = StringMatch{.kind = StringMatch::Kind::exact, .text = method->text};
  match.headers = named_matches(node, "headers");
  match.query_params = named_matches(node, "queryParams");
  return match;
}

// A gRPC method is the path /package.Service/Method.
HttpMatch read_grpc_match(const Node& node) {
  HttpMatch match;
  match.headers = named_matches(node, "headers");
  const Node* called = node.find("method");
  if (called == nullptr) return match;
  const std::string service = read_text(called, "service"), method = read_text(called, "method");
  const bool regex = read_text(called, "type") == "RegularExpression";
  if (!regex && !service.empty() && !method.empty()) {
    match.uri = StringMatch{.kind = StringMatch::Kind::exact, .text = "/" + service + "/" + method};
  } else if (!regex && !service.empty()) {
    match.uri = StringMatch{.kind = StringMatch::Kind::prefix, .text = "/" + service + "/"};
  } else {
    const auto part = [regex](const std::string& text) {
      return text.empty() ? std::string("[^/]+") : regex ? text : RE2::QuoteMeta(text);
    };
    match.uri = StringMatch{.kind = StringMatch::Kind::regex, .text = "/" + part(service) + "/" + part(method)};
  }
  return match;
}

void read_modifier(const Node* node, HeaderOperations& operations) {
  for (const Node& header : list_at(node, "set"))
    operations.set.emplace_back(read_text(&header, "name"), read_text(&header, "value"));
  for (const Node& header : list_at(node, "add"))
    operations.add.emplace_back(read_text(&header, "name"), read_text(&header, "value"));
  for (const std::string& name : read_texts(node, "remove")) operations.remove.push_back(name);
}

void read_header_filters(const Node& of, HeaderRules& headers) {
  for (const Node& filter : list_at(&of, "filters")) {
    read_modifier(filter.find("requestHeaderModifier"), headers.request);
    read_modifier(filter.find("responseHeaderModifier"), headers.response);
  }
}

BackendRef read_backend(const Node& node) {
  BackendRef backend;
  backend.name = read_text(&node, "name");
  backend.name_space = read_text(&node, "namespace");
  backend.port = read_port(&node, "port");
  backend.weight = optional_integer(&node, "weight").value_or(backend.weight);
  read_header_filters(node, backend.headers);
  return backend;
}

double mirrored_share(const Node& mirror) {
  if (const auto percent = optional_integer(&mirror, "percent")) return static_cast<double>(*percent) / 100;
  const Node* fraction = mirror.find("fraction");
  if (fraction == nullptr) return 1;
  return static_cast<double>(read_integer(fraction, "numerator", 0)) /
         static_cast<double>(read_integer(fraction, "denominator", 100));
}

HttpRedirect read_redirect(const Node& node) {
  HttpRedirect redirect;
  redirect.status = static_cast<std::uint16_t>(read_integer(&node, "statusCode", 302));
  redirect.scheme = read_text(&node, "scheme");
  redirect.authority = read_text(&node, "hostname");
  redirect.port = read_port(&node, "port");
  redirect.port_from_request = redirect.port == 0 && redirect.scheme.empty();
  const Node* path = node.find("path");
  if (child(path, "replaceFullPath") != nullptr) redirect.uri = read_text(path, "replaceFullPath");
  if (child(path, "replacePrefixMatch") != nullptr) redirect.uri_prefix = read_text(path, "replacePrefixMatch");
  return redirect;
}

HttpRewrite read_rewrite(const Node& node) {
  HttpRewrite rewrite;
  rewrite.authority = read_text(&node, "hostname");
  const Node* path = node.find("path");
  if (child(path, "replaceFullPath") != nullptr) rewrite.full_path = read_text(path, "replaceFullPath");
  if (child(path, "replacePrefixMatch") != nullptr) rewrite.uri = read_text(path, "replacePrefixMatch");
  return rewrite;
}

// An origin may hold one *, for anything.
StringMatch read_origin(const std::string& origin) {
  const std::size_t star = origin.find('*');
  if (star == std::string::npos) return {.kind = StringMatch::Kind::exact, .text = origin};
  if (origin == "*") return {};
  return {.kind = StringMatch::Kind::regex,
          .text = RE2::QuoteMeta(origin.substr(0, star)) + ".*" + RE2::QuoteMeta(origin.substr(star + 1))};
}

CorsRules read_cors(const Node& node) {
  CorsRules cors;
  for (const std::string& origin : read_texts(&node, "allowOrigins")) cors.allow_origins.push_back(read_origin(origin));
  cors.allow_methods = read_texts(&node, "allowMethods");
  cors.allow_headers = read_texts(&node, "allowHeaders");
  cors.expose_headers = read_texts(&node, "exposeHeaders");
  cors.max_age = read_integer(&node, "maxAge", 5) * kSecond;
  cors.allow_credentials = optional_boolean(&node, "allowCredentials");
  return cors;
}

void read_filters(const Node& node, KubeRouteRule& rule) {
  read_header_filters(node, rule.http.headers);
  for (const Node& filter : list_at(&node, "filters")) {
    if (const Node* mirror = filter.find("requestMirror")) {
      rule.mirrors.push_back(read_backend(*mirror->find("backendRef")));
      rule.http.mirrors.push_back({{}, mirrored_share(*mirror)});
    }
    if (const Node* redirect = filter.find("requestRedirect")) rule.http.redirect = read_redirect(*redirect);
    if (const Node* rewrite = filter.find("urlRewrite")) rule.http.rewrite = read_rewrite(*rewrite);
    if (const Node* cors = filter.find("cors")) rule.http.cors = read_cors(*cors);
  }
}

void read_timeouts(const Node& node, HttpRoute& http) {
  if (const Node* retry = node.find("retry")) {
    http.retries.emplace();
    http.retries->attempts = optional_integer(retry, "attempts").value_or(http.retries->attempts);
    http.retries->backoff = optional_duration(retry, "backoff");
    for (const Node& code : list_at(retry, "codes"))
      http.retries->retry_on += (http.retries->retry_on.empty() ? "" : ",") + code.text;
  }
  const Node* timeouts = node.find("timeouts");
  http.timeout = optional_duration(timeouts, "request");
  const auto attempt = optional_duration(timeouts, "backendRequest");
  if (!attempt) return;
  if (http.retries) {
    http.retries->per_try_timeout = attempt;
  } else if (!http.timeout) {
    http.timeout = attempt;  // of the only attempt
  }
}

void read_route(const Node& document, ObjectMeta meta, Resources& into) {
  const Node* spec = document.find("spec");
  KubeRoute route;
  const bool grpc = meta.kind == "GRPCRoute";
  route.meta = std::move(meta);
  for (const Node& node : list_at(spec, "parentRefs"))
    route.parents.push_back({.kind = read_text(&node, "kind", "Gateway"),
                             .name = read_text(&node, "name"),
                             .name_space = read_text(&node, "namespace"),
                             .section = read_text(&node, "sectionName"),
                             .port = read_port(&node, "port")});
  route.hostnames = read_texts(spec, "hostnames");
  for (const Node& node : list_at(spec, "rules")) {
    KubeRouteRule& rule = route.rules.emplace_back();
    rule.http.name = read_text(&node, "name");
    for (const Node& match : list_at(&node, "matches"))
      rule.http.matches.push_back(grpc ? read_grpc_match(match) : read_http_match(match));
    read_filters(node, rule);
    read_timeouts(node, rule.http);
    for (const Node& backend : list_at(&node, "backendRefs")) rule.backends.push_back(read_backend(backend));
  }
  into.kube_routes.push_back(std::move(route));
}

void read_gateway(const Node& document, ObjectMeta meta, Resources& into) {
  const Node* spec = document.find("spec");
  KubeGateway gateway;
  gateway.meta = std::move(meta);
  gateway.class_name = read_text(spec, "gatewayClassName");
  for (const Node& node : list_at(spec, "listeners")) {
    const Node* namespaces = child(node.find("allowedRoutes"), "namespaces");
    const Node* tls = node.find("tls");
    gateway.listeners.push_back({.name = read_text(&node, "name"),
                                 .port = read_port(&node, "port"),
                                 .protocol = read_text(&node, "protocol"),
                                 .hostname = read_text(&node, "hostname"),
                                 .tls_mode = tls == nullptr ? "" : read_text(tls, "mode", "Terminate"),
                                 .routes_from = read_text(namespaces, "from", "Same"),
                                 .routes_selector = read_labels(child(namespaces, "selector"), "matchLabels")});
  }
  into.kube_gateways.push_back(std::move(gateway));
}

void read_grant(const Node& document, ObjectMeta meta, Resources& into) {
  const Node* spec = document.find("spec");
  ReferenceGrant grant;
  grant.meta = std::move(meta);
  for (const Node& node : list_at(spec, "from"))
    grant.from.push_back({read_text(&node, "kind"), read_text(&node, "namespace")});
  for (const Node& node : list_at(spec, "to")) grant.to.push_back({read_text(&node, "kind"), read_text(&node, "name")});
  into.reference_grants.push_back(std::move(grant));
}

}  // namespace

std::vector<DocumentKind> gateway_api_kinds() {
  const std::string group = "gateway.networking.k8s.io";
  return {{.group = group,
           .kind = "Gateway",
           .versions = {"v1", "v1beta1"},
           .spec = kube_gateway_shape(),
           .others = {},
           .rules = check_gateway,
           .read = read_gateway},
          {.group = group,
           .kind = "HTTPRoute",
           .versions = {"v1", "v1beta1"},
           .spec = http_route_shape(),
           .others = {},
           .rules = check_route,
           .read = read_route},
          {.group = group,
           .kind = "GRPCRoute",
           .versions = {"v1", "v1alpha2"},
           .spec = grpc_route_shape(),
           .others = {},
           .rules = check_route,
           .read = read_route},
          {.group = group,
           .kind = "TCPRoute",
           .versions = {"v1alpha2", "v1"},
           .spec = tcp_route_shape(),
           .others = {},
           .rules = check_route,
           .read = read_route},
          {.group = group,
           .kind = "ReferenceGrant",
           .versions = {"v1beta1", "v1alpha2", "v1"},
           .spec = reference_grant_shape(),
           .others = {},
           .read = read_grant}};
}

}  // namespace meshtwin
