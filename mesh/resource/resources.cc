#include "mesh/resource/resources.h"

#include <algorithm>

#include "mesh/resource/document_io.h"
#include "mesh/resource/nearest.h"
#include "mesh/resource/units.h"

namespace meshtwin {

namespace {

using Kind = Shape::Kind;

const std::vector<std::string> kVersions = {"networking.istio.io/v1", "networking.istio.io/v1beta1",
                                            "networking.istio.io/v1alpha3"};

// Known to Istio and Kubernetes, not to us.
const std::vector<std::string> kOtherKinds = {"VirtualService",
                                              "Gateway",
                                              "ServiceEntry",
                                              "Sidecar",
                                              "EnvoyFilter",
                                              "WorkloadEntry",
                                              "WorkloadGroup",
                                              "ProxyConfig",
                                              "AuthorizationPolicy",
                                              "PeerAuthentication",
                                              "RequestAuthentication",
                                              "Telemetry",
                                              "WasmPlugin",
                                              "Service",
                                              "Deployment",
                                              "Pod",
                                              "ServiceAccount",
                                              "Namespace",
                                              "ConfigMap",
                                              "HTTPRoute",
                                              "HorizontalPodAutoscaler"};

ShapePtr duration() {
  return quantity(Kind::go_duration, kMillisecond, 24 * 3600 * kSecond);
}
ShapePtr count() {
  return integer(0, 0x7fffffff);
}
ShapePtr percent() {
  return integer(0, 100);
}

ShapePtr outlier_shape() {
  return object(
      {{"consecutive5xxErrors", count(), false, "5xx answers in a row before ejection; 0: not by these"},
       {"consecutiveGatewayErrors", count(), false, "502, 503, 504 in a row before ejection; 0: not by these"},
       {"splitExternalLocalOriginErrors", scalar(Kind::boolean), false,
        "count failed connections and timeouts apart from answers"},
       {"consecutiveLocalOriginFailures", count(), false, "failed connections in a row, when split"},
       {"interval", duration(), false, "how often ejected hosts are looked at"},
       {"baseEjectionTime", duration(), false, "how long the first ejection lasts, at least"},
       {"maxEjectionPercent", percent(), false, "of the hosts, at most this many are ejected"},
       {"minHealthPercent", percent(), false, "below this share of healthy hosts all are used (panic)"}},
      {}, {"consecutiveErrors"});
}

ShapePtr connection_pool_shape() {
  return object({{"tcp",
                  object({{"maxConnections", integer(1, 0x7fffffff), false, "to one service"},
                          {"connectTimeout", duration(), false, "of one connection"}},
                         {}, {"tcpKeepalive", "maxConnectionDuration", "idleTimeout"}),
                  false, "limits of connections"},
                 {"http",
                  object({{"http1MaxPendingRequests", integer(1, 0x7fffffff), false, "that wait for a connection"},
                          {"http2MaxRequests", integer(1, 0x7fffffff), false, "under way at once"},
                          {"maxRequestsPerConnection", count(), false, "0: unlimited"},
                          {"maxRetries", integer(1, 0x7fffffff), false, "under way at once"}},
                         {}, {"idleTimeout", "h2UpgradePolicy", "useClientProtocol", "maxConcurrentStreams"}),
                  false, "limits of requests"}});
}

ShapePtr load_balancer_shape() {
  const ShapePtr failover = object({{"from", scalar(Kind::text), true, "the client's region"},
                                    {"to", scalar(Kind::text), true, "the region that stands in"}});
  return object(
      {{"simple", word({"LEAST_REQUEST", "ROUND_ROBIN", "RANDOM", "UNSPECIFIED"}, {"PASSTHROUGH", "LEAST_CONN"}), false,
        "how an endpoint is chosen"},
       {"localityLbSetting",
        object({{"enabled", scalar(Kind::boolean), false, "prefer near endpoints"},
                {"failover", list_of(failover), false, "where a region's traffic goes when it fails"}},
               {}, {"distribute", "failoverPriority"}),
        false, "near endpoints first; acts only together with outlierDetection"}},
      {}, {"consistentHash", "warmup", "warmupDurationSecs"});
}

ShapePtr metadata_shape() {
  const ShapePtr texts = map_of(scalar(Kind::text), scalar(Kind::text));
  return object({{"name", scalar(Kind::name), true, "unique among its kind"},
                 {"namespace", scalar(Kind::name), false, "default: default"},
                 {"labels", texts, false, "not used"},
                 {"annotations", texts, false, "not used"}});
}

ShapePtr destination_rule_shape() {
  const ShapePtr policy = object({{"loadBalancer", load_balancer_shape(), false, "who gets the next request"},
                                  {"connectionPool", connection_pool_shape(), false, "circuit breakers"},
                                  {"outlierDetection", outlier_shape(), false, "who gets none for a while"}},
                                 {}, {"portLevelSettings", "tls", "tunnel", "proxyProtocol", "retryBudget"});
  return object({{"apiVersion", word(kVersions), true, "networking.istio.io/v1"},
                 {"kind", word({"DestinationRule"}, kOtherKinds), true, "DestinationRule"},
                 {"metadata", metadata_shape(), true, "its name"},
                 {"spec",
                  object({{"host", scalar(Kind::text), true, "the service it is about"},
                          {"trafficPolicy", policy, false, "how its endpoints are used"}},
                         {}, {"subsets", "exportTo", "workloadSelector"}),
                  true, "what it says"}},
                {}, {"status"});
}

const Node* at(const Node* node, std::string_view key) {
  return node == nullptr ? nullptr : node->find(key);
}

std::string text_at(const Node* node, std::string_view key, std::string otherwise = {}) {
  const Node* value = at(node, key);
  return value == nullptr ? std::move(otherwise) : value->text;
}

std::optional<std::uint32_t> count_at(const Node* node, std::string_view key) {
  const Node* value = at(node, key);
  if (value == nullptr) return std::nullopt;
  return static_cast<std::uint32_t>(parse_integer(value->text).value.value());
}

std::optional<Duration> duration_at(const Node* node, std::string_view key) {
  const Node* value = at(node, key);
  return value == nullptr ? std::nullopt : parse_go_duration(value->text).value;
}

std::optional<bool> boolean_at(const Node* node, std::string_view key) {
  const Node* value = at(node, key);
  return value == nullptr ? std::nullopt : std::optional(value->text == "true");
}

OutlierDetectionSpec read_outlier(const Node* node) {
  return {.consecutive_5xx_errors = count_at(node, "consecutive5xxErrors"),
          .consecutive_gateway_errors = count_at(node, "consecutiveGatewayErrors"),
          .split_external_local_origin_errors = boolean_at(node, "splitExternalLocalOriginErrors"),
          .consecutive_local_origin_failures = count_at(node, "consecutiveLocalOriginFailures"),
          .interval = duration_at(node, "interval"),
          .base_ejection_time = duration_at(node, "baseEjectionTime"),
          .max_ejection_percent = count_at(node, "maxEjectionPercent"),
          .min_health_percent = count_at(node, "minHealthPercent")};
}

ConnectionPoolSpec read_connection_pool(const Node* node) {
  const Node* tcp = at(node, "tcp");
  const Node* http = at(node, "http");
  return {.max_connections = count_at(tcp, "maxConnections"),
          .connect_timeout = duration_at(tcp, "connectTimeout"),
          .http1_max_pending_requests = count_at(http, "http1MaxPendingRequests"),
          .http2_max_requests = count_at(http, "http2MaxRequests"),
          .max_requests_per_connection = count_at(http, "maxRequestsPerConnection"),
          .max_retries = count_at(http, "maxRetries")};
}

LoadBalancerSpec read_load_balancer(const Node* node) {
  LoadBalancerSpec spec;
  if (const std::string simple = text_at(node, "simple"); !simple.empty() && simple != "UNSPECIFIED")
    spec.simple = simple;
  const Node* locality = at(node, "localityLbSetting");
  if (locality == nullptr) return spec;
  spec.locality.emplace();
  spec.locality->enabled = boolean_at(locality, "enabled");
  if (const Node* failover = locality->find("failover"))
    for (const Node& entry : failover->items)
      spec.locality->failover.push_back({text_at(&entry, "from"), text_at(&entry, "to")});
  return spec;
}

DestinationRule read_destination_rule(const Node& document) {
  DestinationRule rule;
  rule.meta.kind = "DestinationRule";
  rule.meta.place = document.place();
  rule.meta.name = text_at(document.find("metadata"), "name");
  rule.meta.name_space = text_at(document.find("metadata"), "namespace", "default");
  const Node* spec = document.find("spec");
  rule.host = text_at(spec, "host");
  const Node* policy = at(spec, "trafficPolicy");
  rule.traffic_policy.load_balancer = read_load_balancer(at(policy, "loadBalancer"));
  rule.traffic_policy.connection_pool = read_connection_pool(at(policy, "connectionPool"));
  if (const Node* outlier = at(policy, "outlierDetection"))
    rule.traffic_policy.outlier_detection = read_outlier(outlier);
  return rule;
}

void warn_about(const DestinationRule& rule, const Node& document, Resources& into) {
  const auto& policy = rule.traffic_policy;
  if (!policy.load_balancer.locality || policy.outlier_detection) return;
  into.warnings.push_back(
      Problem(document.place(), "DestinationRule " + quote(rule.meta.name) +
                                    " has localityLbSetting without outlierDetection: Istio then never "
                                    "fails over to another zone")
          .text());
}

// Whether the document says what it is, and that is something we know.
bool has_known_kind(const Node& document, ProblemList& problems) {
  const Shape& shape = *resource_shapes().front();
  if (document.kind != Node::Kind::map) {
    problems.add(document.place(), "found " + describe(document) + ", expected " + expectation_of(*resource_shape()));
    return false;
  }
  const Node* kind = document.find("kind");
  if (kind == nullptr) {
    problems.add(document.place(),
                 "found no key \"kind\", expected an Istio document with kind: DestinationRule, or {file: …}" +
                     (document.keys.empty() ? "" : suggestion(document.keys[0].text, {"kind", "file"})));
    return false;
  }
  const std::size_t before = problems.size();
  check_shape(*kind, *field_of(shape, "kind")->shape, problems);
  return problems.size() == before;
}

}  // namespace

const std::vector<ShapePtr>& resource_shapes() {
  static const std::vector<ShapePtr> shapes = {destination_rule_shape()};
  return shapes;
}

void add_resource(const Node& document, Resources& into, ProblemList& problems) {
  if (problems.full() || !has_known_kind(document, problems)) return;
  const std::size_t before = problems.size();
  check_shape(document, *resource_shapes().front(), problems);
  if (problems.size() != before) return;

  DestinationRule rule = read_destination_rule(document);
  const bool again = std::any_of(into.destination_rules.begin(), into.destination_rules.end(), [&](const auto& other) {
    return other.meta.name == rule.meta.name && other.meta.name_space == rule.meta.name_space;
  });
  if (again) {
    problems.add(document.find("metadata")->find("name")->place(),
                 "found a second DestinationRule " + quote(rule.meta.name) + ", expected each name once");
    return;
  }
  warn_about(rule, document, into);
  into.hosts.push_back(*document.find("spec")->find("host"));
  into.destination_rules.push_back(std::move(rule));
  into.texts.push_back(to_document_text(document));
}

}  // namespace meshtwin
