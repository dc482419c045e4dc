// Istio's DestinationRule.

#include <algorithm>
#include <set>

#include "mesh/resource/document_kind.h"
#include "mesh/resource/document_parts.h"
#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/resources.h"

namespace meshtwin {

namespace {

ShapePtr optional_count() {
  return nullable(integer(0, 0xffffffff));
}

ShapePtr outlier_shape() {
  return object(
      {may("consecutive5xxErrors", optional_count(), "5xx answers in a row before ejection; 0: not by these"),
       may("consecutiveGatewayErrors", optional_count(), "502, 503, 504 in a row before ejection; 0: not by these"),
       may("splitExternalLocalOriginErrors", boolean(), "count failed connections and timeouts apart from answers"),
       may("consecutiveLocalOriginFailures", optional_count(), "failed connections in a row, when split"),
       may("interval", duration(), "how often ejected hosts are looked at"),
       may("baseEjectionTime", duration(), "how long the first ejection lasts, at least"),
       may("maxEjectionPercent", percent(), "of the hosts, at most this many are ejected"),
       may("minHealthPercent", percent(), "below this share of healthy hosts all are used (panic)"),
       idle("consecutiveErrors", count()), idle("outlierDetectionHttpErrorCodes", list_of(integer(100, 599)))});
}

ShapePtr connection_pool_shape() {
  const ShapePtr keepalive =
      object({may("probes", optional_count()), may("time", duration()), may("interval", duration())});
  const ShapePtr ping = object({may("interval", duration()), may("timeout", duration())});
  return object({may("tcp",
                     object({may("maxConnections", count(), "to one service"),
                             may("connectTimeout", duration(), "of one connection"), idle("tcpKeepalive", keepalive),
                             idle("maxConnectionDuration", duration()), idle("idleTimeout", duration_or_zero())}),
                     "limits of connections"),
                 may("http",
                     object({may("http1MaxPendingRequests", count(), "that wait for a connection"),
                             may("http2MaxRequests", count(), "under way at once"),
                             may("maxRequestsPerConnection", count(), "0: unlimited"),
                             may("maxRetries", count(), "under way at once"), idle("idleTimeout", duration()),
                             idle("h2UpgradePolicy", word({"DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"})),
                             idle("useClientProtocol", boolean()), idle("maxConcurrentStreams", count()),
                             idle("http2KeepAlive", ping)}),
                     "limits of requests")});
}

ShapePtr consistent_hash_shape() {
  const ShapePtr ring_size = integer(0, std::numeric_limits<std::int64_t>::max());
  const ShapePtr attribute = object({must("name", nonempty()), may("value", text())});
  const ShapePtr cookie =
      object({must("name", nonempty(), "of the cookie"), may("path", text(), "where it is sent"),
              may("ttl", duration_or_zero(), "0s: of the session"), idle("attributes", list_of(attribute))});
  return excluding(
      object({may("httpHeaderName", header_name(), "whose value is hashed"),
              may("httpCookie", cookie, "whose value is hashed, and which is made where it is missing"),
              may("useSourceIp", boolean(), "the client's address is hashed"),
              may("httpQueryParameterName", nonempty(), "whose value is hashed"),
              may("minimumRingSize", ring_size, "of the ring"),
              may("ringHash", object({may("minimumRingSize", ring_size, "of the ring")}), "a ring of points"),
              may("maglev", object({may("tableSize", integer(0, 5'000'011), "a prime; default 65537")}),
                  "Maglev's table")}),
      {{"httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"},
       {"ringHash", "maglev", "minimumRingSize"}});
}

ShapePtr locality_shape() {
  const ShapePtr failover =
      object({must("from", text(), "the client's region"), must("to", text(), "the region that stands in")});
  const ShapePtr distribute = object({must("from", nonempty(), "the client's region/zone/subzone, or * at the end"),
                                      must("to", map_of(nonempty(), integer(0, 100), 1), "percent to each")});
  return excluding(object({may("enabled", nullable(boolean()), "prefer near endpoints"),
                           may("failover", list_of(failover), "where a region's traffic goes when it fails"),
                           may("failoverPriority", texts(),
                               "labels, the more of which an endpoint shares with the client the better"),
                           may("distribute", list_of(distribute), "shares of each locality")}),
                   {{"distribute", "failover"}, {"distribute", "failoverPriority"}});
}

ShapePtr load_balancer_shape() {
  const ShapePtr warmup =
      object({must("duration", duration(), "until an endpoint has its whole share"),
              may("minimumPercent", nullable(real_percent()), "of its weight to begin with; default 10"),
              may("aggression", nullable(number_above(-1, 1000)), "of its growth; default 1")});
  return excluding(
      object(
          {may("simple", word({"LEAST_REQUEST", "ROUND_ROBIN", "RANDOM", "LEAST_CONN", "UNSPECIFIED"}, {"PASSTHROUGH"}),
               "how an endpoint is chosen"),
           may("consistentHash", consistent_hash_shape(), "the same endpoint for the same value"),
           may("localityLbSetting", locality_shape(), "near endpoints first; acts only together with outlierDetection"),
           may("warmup", warmup, "slow start of endpoints that join"),
           may("warmupDurationSecs", duration(), "slow start, as it was written before `warmup`"),
           idle("zoneAwareLbSetting", anything())}),
      {{"simple", "consistentHash"}, {"warmup", "warmupDurationSecs"}});
}

ShapePtr client_tls_shape() {
  return object({must("mode", word({"DISABLE", "ISTIO_MUTUAL"}, {"SIMPLE", "MUTUAL"}), "of connections to the service"),
                 idle("clientCertificate", text()), idle("privateKey", text()), idle("caCertificates", text()),
                 idle("credentialName", text()), idle("subjectAltNames", texts()), idle("sni", text()),
                 idle("insecureSkipVerify", nullable(boolean())), idle("caCrl", text())});
}

std::vector<Field> policy_fields() {
  return {may("loadBalancer", load_balancer_shape(), "who gets the next request"),
          may("connectionPool", connection_pool_shape(), "circuit breakers"),
          may("outlierDetection", outlier_shape(), "who gets none for a while"),
          may("tls", client_tls_shape(), "of connections to the service")};
}

ShapePtr policy_shape() {
  std::vector<Field> of_port = policy_fields();
  of_port.push_back(must("port", object({must("number", port(), "of the service")}), "of the service"));
  std::vector<Field> fields = policy_fields();
  fields.push_back(
      may("portLevelSettings", list_of(object(of_port), 0, 4096), "in place of those above, for one port"));
  fields.push_back(may("retryBudget",
                       object({may("percent", nullable(real_percent()), "of the requests under way; default 20"),
                               may("minRetryConcurrency", count(), "always allowed; default 3")}),
                       "how many retries may be under way"));
  fields.push_back(
      idle("tunnel", object({may("protocol", text()), must("targetHost", nonempty()), must("targetPort", port())})));
  fields.push_back(idle("proxyProtocol", object({may("version", word({"V1", "V2"}))})));
  return object(std::move(fields));
}

ShapePtr spec_shape() {
  const ShapePtr subset =
      object({must("name", nonempty(63), "by which routes name it"), may("labels", label_map(), "of its pods"),
              may("trafficPolicy", policy_shape(), "in place of the one above")});
  return object({must("host", nonempty(), "the service it is about"),
                 may("trafficPolicy", policy_shape(), "how its endpoints are used"),
                 may("subsets", list_of(subset), "parts of the service, by their pods' labels"),
                 may("exportTo", texts(), "the namespaces that see it; . is its own, * all"),
                 may("workloadSelector", match_labels(), "the clients it is for")});
}

OutlierDetectionSpec read_outlier(const Node* node) {
  return {.consecutive_5xx_errors = optional_integer(node, "consecutive5xxErrors"),
          .consecutive_gateway_errors = optional_integer(node, "consecutiveGatewayErrors"),
          .split_external_local_origin_errors = optional_boolean(node, "splitExternalLocalOriginErrors"),
          .consecutive_local_origin_failures = optional_integer(node, "consecutiveLocalOriginFailures"),
          .interval = optional_duration(node, "interval"),
          .base_ejection_time = optional_duration(node, "baseEjectionTime"),
          .max_ejection_percent = optional_integer(node, "maxEjectionPercent"),
          .min_health_percent = optional_integer(node, "minHealthPercent")};
}

// Zero is what Istio takes for "not said".
std::optional<std::uint32_t> limit(const Node* node, const char* key) {
  const auto value = optional_integer(node, key);
  return value == 0u ? std::nullopt : value;
}

ConnectionPoolSpec read_connection_pool(const Node* node) {
  const Node* tcp = child(node, "tcp");
  const Node* http = child(node, "http");
  return {.max_connections = limit(tcp, "maxConnections"),
          .connect_timeout = optional_duration(tcp, "connectTimeout"),
          .http1_max_pending_requests = limit(http, "http1MaxPendingRequests"),
          .http2_max_requests = limit(http, "http2MaxRequests"),
          .max_requests_per_connection = optional_integer(http, "maxRequestsPerConnection"),
          .max_retries = limit(http, "maxRetries")};
}

ConsistentHashSpec read_consistent_hash(const Node* node) {
  ConsistentHashSpec spec;
  spec.http_header_name = read_text(node, "httpHeaderName");
  spec.http_query_parameter_name = read_text(node, "httpQueryParameterName");
  spec.use_source_ip = read_boolean(node, "useSourceIp", false);
  const Node* cookie = child(node, "httpCookie");
  spec.cookie_name = read_text(cookie, "name");
  spec.cookie_path = read_text(cookie, "path");
  spec.cookie_ttl = optional_duration(cookie, "ttl");
  spec.minimum_ring_size = optional_integer<std::uint64_t>(node, "minimumRingSize");
  if (const auto of_ring = optional_integer<std::uint64_t>(child(node, "ringHash"), "minimumRingSize"))
    spec.minimum_ring_size = of_ring;
  spec.maglev = child(node, "maglev") != nullptr;
  spec.maglev_table_size = optional_integer<std::uint64_t>(child(node, "maglev"), "tableSize");
  return spec;
}

LocalityLbSpec read_locality(const Node* node) {
  LocalityLbSpec spec;
  spec.enabled = optional_boolean(node, "enabled");
  for (const Node& entry : list_at(node, "failover"))
    spec.failover.push_back({read_text(&entry, "from"), read_text(&entry, "to")});
  spec.failover_priority = read_texts(node, "failoverPriority");
  for (const Node& entry : list_at(node, "distribute")) {
    LocalityDistribute& distribute = spec.distribute.emplace_back();
    distribute.from = read_text(&entry, "from");
    for (const auto& [to, share] : read_labels(&entry, "to"))
      distribute.to[to] = static_cast<std::uint32_t>(parse_integer(share).value.value_or(0));
  }
  return spec;
}

LoadBalancerSpec read_load_balancer(const Node* node) {
  LoadBalancerSpec spec;
  if (const std::string simple = read_text(node, "simple"); !simple.empty() && simple != "UNSPECIFIED")
    spec.simple = simple == "LEAST_CONN" ? "LEAST_REQUEST" : simple;  // its name before
  if (const Node* hash = child(node, "consistentHash")) spec.consistent_hash = read_consistent_hash(hash);
  if (const Node* locality = child(node, "localityLbSetting")) spec.locality = read_locality(locality);
  if (const auto seconds = optional_duration(node, "warmupDurationSecs"))
    spec.warmup = WarmupSpec{.duration = *seconds};
  if (const Node* warmup = child(node, "warmup")) {
    spec.warmup = WarmupSpec{.duration = *optional_duration(warmup, "duration")};
    spec.warmup->minimum_percent = read_number(warmup, "minimumPercent", spec.warmup->minimum_percent);
    spec.warmup->aggression = read_number(warmup, "aggression", spec.warmup->aggression);
  }
  return spec;
}

void read_policy_parts(const Node* node, TrafficPolicySpec& spec) {
  spec.load_balancer = read_load_balancer(child(node, "loadBalancer"));
  spec.connection_pool = read_connection_pool(child(node, "connectionPool"));
  if (const Node* outlier = child(node, "outlierDetection")) spec.outlier_detection = read_outlier(outlier);
  if (const Node* tls = child(node, "tls")) spec.tls_mode = read_text(tls, "mode");
}

TrafficPolicy read_policy(const Node* node) {
  TrafficPolicy policy;
  read_policy_parts(node, policy);
  if (const Node* budget = child(node, "retryBudget")) {
    policy.retry_budget.emplace();
    policy.retry_budget->percent = read_number(budget, "percent", policy.retry_budget->percent);
    policy.retry_budget->min_concurrency =
        optional_integer(budget, "minRetryConcurrency").value_or(policy.retry_budget->min_concurrency);
  }
  for (const Node& entry : list_at(node, "portLevelSettings"))
    read_policy_parts(&entry, policy.port_level[read_port(entry.find("port"), "number")]);
  return policy;
}

void check_distribute(const Node* locality, Findings& findings) {
  for (const Node& entry : list_at(locality, "distribute")) {
    std::int64_t sum = 0;
    for (const auto& [to, share] : read_labels(&entry, "to")) sum += parse_integer(share).value.value_or(0);
    if (sum != 100)
      findings.refuse(*entry.find("to"), "found shares that sum up to " + std::to_string(sum) + ", expected 100");
  }
}

bool is_prime(std::int64_t n) {
  if (n < 2) return false;
  for (std::int64_t d = 2; d * d <= n; ++d)
    if (n % d == 0) return false;
  return true;
}

// What Istio's webhook says of one policy.
class PolicyRules {
 public:
  PolicyRules(const Node& document, Findings& findings) : document_(document), findings_(findings) {}

  void check(const Node* policy) {
    if (policy == nullptr) return;
    check_parts(*policy);
    for (const Node& of_port : list_at(policy, "portLevelSettings")) check_parts(of_port);
  }

 private:
  void check_parts(const Node& policy) {
    const Node* balancer = policy.find("loadBalancer");
    const Node* locality = child(balancer, "localityLbSetting");
    check_distribute(locality, findings_);
    const bool fails_over =
        locality != nullptr && locality->find("distribute") == nullptr && read_boolean(locality, "enabled", true);
    if (fails_over && policy.find("outlierDetection") == nullptr) warn_of_failover();
    const Node* table = child(child(child(balancer, "consistentHash"), "maglev"), "tableSize");
    if (table != nullptr && !is_prime(parse_integer(table->text).value.value_or(0)))
      findings_.refuse(*table, "found " + table->text + ", expected a prime, such as 65537");
    const std::string simple = read_text(balancer, "simple");
    const Node* warmup =
        child(balancer, "warmup") != nullptr ? child(balancer, "warmup") : child(balancer, "warmupDurationSecs");
    if (warmup != nullptr && (simple == "RANDOM" || child(balancer, "consistentHash") != nullptr))
      findings_.warn(*warmup, "slow start acts with ROUND_ROBIN and LEAST_REQUEST only");
  }

  void warn_of_failover() {
    findings_.warn(document_, "DestinationRule " + quote(read_text(document_.find("metadata"), "name")) +
                                  " has localityLbSetting without outlierDetection: Istio then never fails over to "
                                  "another zone");
  }

  const Node& document_;
  Findings& findings_;
};

void check_rules(const Node& document, Findings& findings) {
  const Node* spec = document.find("spec");
  PolicyRules rules(document, findings);
  rules.check(child(spec, "trafficPolicy"));
  std::set<std::string> names;
  for (const Node& subset : list_at(spec, "subsets")) {
    const Node& name = *subset.find("name");
    if (!names.insert(name.text).second)
      findings.refuse(name, "found the subset " + quote(name.text) + " a second time, expected each name once");
    rules.check(subset.find("trafficPolicy"));
  }
}

void read_rule(const Node& document, ObjectMeta meta, Resources& into) {
  const Node* spec = document.find("spec");
  DestinationRule rule;
  rule.meta = std::move(meta);
  rule.host = read_text(spec, "host");
  rule.traffic_policy = read_policy(child(spec, "trafficPolicy"));
  for (const Node& node : list_at(spec, "subsets")) {
    Subset& subset = rule.subsets.emplace_back();
    subset.name = read_text(&node, "name");
    subset.labels = read_labels(&node, "labels");
    if (const Node* policy = node.find("trafficPolicy")) subset.traffic_policy = read_policy(policy);
  }
  rule.export_to = read_texts(spec, "exportTo");
  rule.workload_selector = read_labels(child(spec, "workloadSelector"), "matchLabels");
  into.hosts.push_back(*spec->find("host"));
  into.destination_rules.push_back(std::move(rule));
}

}  // namespace

std::vector<DocumentKind> destination_rule_kind() {
  return {{.group = "networking.istio.io",
           .kind = "DestinationRule",
           .versions = {"v1", "v1beta1", "v1alpha3"},
           .spec = spec_shape(),
           .others = {},
           .rules = check_rules,
           .read = read_rule}};
}

}  // namespace meshtwin
