// Istio's EnvoyFilter. Patches can say anything of Envoy; the one that is acted on is its local rate limit.

#include <algorithm>

#include "mesh/resource/document_kind.h"
#include "mesh/resource/document_parts.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/resources.h"

namespace meshtwin {

namespace {

constexpr const char* kRateLimit = "envoy.filters.http.local_ratelimit";
constexpr const char* kRateLimitType =
    "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";

ShapePtr any_port() {
  return integer(0, 0xffffffff);
}

ShapePtr match_shape() {
  const ShapePtr filter = object({may("name", text()), may("subFilter", object({may("name", text())}))});
  const ShapePtr chain =
      object({may("name", text()), may("sni", text()), may("transportProtocol", text()),
              may("applicationProtocols", text()), may("filter", filter), may("destinationPort", any_port())});
  const ShapePtr listener = object({may("portNumber", any_port()), may("portName", text()), may("filterChain", chain),
                                    may("listenerFilter", text()), may("name", text())});
  const ShapePtr route =
      object({may("name", text()), may("action", word({"ANY", "ROUTE", "REDIRECT", "DIRECT_RESPONSE"}))});
  const ShapePtr host = object({may("name", text()), may("domainName", text()), may("route", route)});
  const ShapePtr routes = object({may("portNumber", any_port()), may("portName", text()), may("gateway", text()),
                                  may("vhost", host), may("name", text())});
  const ShapePtr cluster =
      object({may("portNumber", any_port()), may("service", text()), may("subset", text()), may("name", text())});
  const ShapePtr waypoint =
      object({may("filter", filter), may("portNumber", port()), may("route", object({may("name", text())}))});
  return excluding(
      object({may("context", word({"ANY", "SIDECAR_INBOUND", "SIDECAR_OUTBOUND", "GATEWAY", "WAYPOINT"})),
              may("proxy", object({may("proxyVersion", text()), may("metadata", map_of(nonempty(), text()))})),
              may("listener", listener), may("routeConfiguration", routes), may("cluster", cluster),
              may("waypoint", waypoint)}),
      {{"listener", "routeConfiguration", "cluster", "waypoint"}});
}

ShapePtr spec_shape() {
  const ShapePtr patch = object({may("operation", word({"MERGE", "ADD", "REMOVE", "INSERT_BEFORE", "INSERT_AFTER",
                                                        "INSERT_FIRST", "REPLACE", "MERGE_AND_REPLACE_LIST"})),
                                 may("value", map_of(nonempty(), anything())),
                                 may("filterClass", word({"UNSPECIFIED", "AUTHN", "AUTHZ", "STATS"}))});
  const ShapePtr entry = object({may("applyTo", word({"LISTENER", "FILTER_CHAIN", "NETWORK_FILTER", "HTTP_FILTER",
                                                      "ROUTE_CONFIGURATION", "VIRTUAL_HOST", "HTTP_ROUTE", "CLUSTER",
                                                      "EXTENSION_CONFIG", "BOOTSTRAP", "LISTENER_FILTER"})),
                                 may("match", match_shape()), may("patch", patch)});
  return object({may("workloadSelector", workload_selector()), target_refs(), may("configPatches", list_of(entry)),
                 may("priority", integer(-0x7fffffff, 0x7fffffff))});
}

// Where the limit's own settings stand in a patch: of the filter, or of a route or virtual host. Null: it is none.
const Node* rate_limit_of(const Node& entry) {
  const Node* value = child(entry.find("patch"), "value");
  const Node* config = nullptr;
  if (read_text(value, "name") == kRateLimit) config = child(value, "typed_config");
  if (config == nullptr) config = child(child(value, "typed_per_filter_config"), kRateLimit);
  if (config == nullptr) return nullptr;
  if (read_text(config, "@type") == kRateLimitType) return config;
  return read_text(config, "type_url") == kRateLimitType ? child(config, "value") : nullptr;
}

double share_of(const Node* limit, const char* key) {
  const Node* share = child(child(limit, key), "default_value");
  if (share == nullptr) return 0;  // as Envoy has it
  const std::string denominator = read_text(share, "denominator", "HUNDRED");
  const double of = denominator == "MILLION" ? 1e6 : denominator == "TEN_THOUSAND" ? 1e4 : 100;
  return static_cast<double>(read_integer(share, "numerator", 0)) / of;
}

const std::vector<std::string> kLimitKeys = {
    "@type", "stat_prefix", "token_bucket", "filter_enabled", "filter_enforced", "response_headers_to_add", "status"};

void check_limit(const Node& limit, Findings& findings) {
  for (const Node& key : limit.keys)
    if (std::find(kLimitKeys.begin(), kLimitKeys.end(), key.text) == kLimitKeys.end())
      findings.refuse(
          key, "found " + quote(key.text) + " of a local rate limit, which a run does not act on yet, expected none");
  const Node* bucket = limit.find("token_bucket");
  if (bucket == nullptr) return;
  if (read_integer(bucket, "max_tokens", 0) <= 0)
    findings.refuse(*bucket, "found no max_tokens, expected how many requests may come at once");
  if (optional_duration(bucket, "fill_interval").value_or(0) < 50 * kMillisecond)
    findings.refuse(*bucket, "found no fill_interval of at least 50ms, expected how often tokens are added");
  for (const char* key : {"filter_enabled", "filter_enforced"})
    if (limit.find(key) == nullptr)
      findings.warn(limit, std::string("a local rate limit without ") + key + ": Envoy takes it for 0 %");
}

void check_rules(const Node& document, Findings& findings) {
  check_one_target(document, "workloadSelector", findings);
  for (const Node& entry : list_at(document.find("spec"), "configPatches")) {
    const Node* match = entry.find("match");
    const bool waypoint = read_text(match, "context") == "WAYPOINT";
    if (match != nullptr && waypoint != (match->find("waypoint") != nullptr))
      findings.refuse(*match, waypoint ? "found context WAYPOINT without waypoint, expected it, and no other match"
                                       : "found waypoint without context WAYPOINT, expected both");
    if (!findings.of_a_run()) continue;
    const Node* limit = rate_limit_of(entry);
    if (limit == nullptr)
      findings.refuse(entry,
                      "found a patch of Envoy, which a run does not act on yet, expected the local rate limit (" +
                          std::string(kRateLimit) + ")");
    else
      check_limit(*limit, findings);
  }
}

void read_filter(const Node& document, ObjectMeta meta, Resources& into) {
  const Node* spec = document.find("spec");
  for (const Node& entry : list_at(spec, "configPatches")) {
    const Node* limit = rate_limit_of(entry);
    const Node* bucket = child(limit, "token_bucket");
    if (bucket == nullptr) continue;
    LocalRateLimitResource resource;
    resource.meta = meta;
    resource.selector = read_labels(child(spec, "workloadSelector"), "labels");
    resource.outbound = read_text(entry.find("match"), "context") == "SIDECAR_OUTBOUND";
    resource.max_tokens = optional_integer(bucket, "max_tokens").value_or(0);
    resource.tokens_per_fill = optional_integer(bucket, "tokens_per_fill").value_or(1);
    resource.fill_interval = optional_duration(bucket, "fill_interval").value_or(0);
    resource.enabled_share = share_of(limit, "filter_enabled");
    resource.enforced_share = share_of(limit, "filter_enforced");
    resource.status = static_cast<std::uint16_t>(read_integer(child(limit, "status"), "code", resource.status));
    for (const Node& header : list_at(limit, "response_headers_to_add"))
      resource.response_headers.emplace_back(read_text(header.find("header"), "key"),
                                             read_text(header.find("header"), "value"));
    into.rate_limits.push_back(std::move(resource));
  }
}

}  // namespace

std::vector<DocumentKind> envoy_filter_kind() {
  return {{.group = "networking.istio.io",
           .kind = "EnvoyFilter",
           .versions = {"v1alpha3"},
           .spec = spec_shape(),
           .spec_required = false,
           .others = {},
           .rules = check_rules,
           .read = read_filter}};
}

}  // namespace meshtwin
