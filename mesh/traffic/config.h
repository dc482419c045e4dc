#pragma once

// What a proxy is told about routing and upstreams: the content of RDS, CDS and EDS as typed values. The control plane
// makes them from Istio documents, xDS carries them, the classes of this folder act on them. Defaults are Envoy's where
// Istio does not set its own (mesh/control does that); immutable and shared once made.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mesh/base/socket_address.h"
#include "mesh/base/time.h"
#include "mesh/resource/locality.h"
#include "mesh/resource/string_match.h"
#include "mesh/resource/traffic_lane.h"
#include "mesh/resource/virtual_service.h"

namespace meshtwin {

struct OutlierConfig {
  std::uint32_t consecutive_5xx = 5;
  std::uint32_t enforcing_consecutive_5xx = 100;
  std::uint32_t consecutive_gateway_failure = 5;
  std::uint32_t enforcing_consecutive_gateway_failure = 0;
  bool split_external_local_origin_errors = false;
  std::uint32_t consecutive_local_origin_failure = 5;
  std::uint32_t enforcing_consecutive_local_origin_failure = 100;
  Duration interval = 10 * kSecond;
  Duration base_ejection_time = 30 * kSecond;
  Duration max_ejection_time = 300 * kSecond;
  Duration max_ejection_time_jitter = 0;
  std::uint32_t max_ejection_percent = 10;
  bool always_eject_one_host = false;
  std::uint32_t enforcing_success_rate = 100;
  std::uint32_t enforcing_local_origin_success_rate = 100;  // split mode
  std::uint32_t success_rate_minimum_hosts = 5;
  std::uint32_t success_rate_request_volume = 100;
  std::uint32_t success_rate_stdev_factor = 1900;
  std::uint32_t failure_percentage_threshold = 85;
  std::uint32_t enforcing_failure_percentage = 0;
  std::uint32_t enforcing_failure_percentage_local_origin = 0;  // split mode
  std::uint32_t failure_percentage_minimum_hosts = 5;
  std::uint32_t failure_percentage_request_volume = 50;
};

enum class LbPolicy { round_robin, least_request, random, ring_hash, maglev };

// While a host is new it gets less: weight * max((time since it joined / window)^(1/aggression), min_weight_percent).
struct SlowStartConfig {
  Duration window = 0;
  double aggression = 1;
  double min_weight_percent = 10;
};

struct RingHashConfig {
  std::uint64_t minimum_ring_size = 1024;
  std::uint64_t maximum_ring_size = 8 * 1024 * 1024;
};

struct MaglevConfig {
  std::uint64_t table_size = 65537;  // a prime
};

// Envoy's zone-aware routing: between the proxy's own cluster's share of each zone and the upstream's.
struct ZoneAwareConfig {
  double routing_enabled_percent = 100;
  std::uint64_t min_cluster_size = 6;
  bool fail_traffic_on_panic = false;
};

struct RetryBudget {
  double percent = 20;  // of the active requests
  std::uint32_t min_retry_concurrency = 3;
};

struct CircuitBreakers {
  std::uint32_t max_connections = 1024;
  std::uint32_t max_pending_requests = 1024;
  std::uint32_t max_requests = 1024;
  std::uint32_t max_retries = 3;
  std::optional<RetryBudget> retry_budget = {};  // overrides max_retries
};

struct ClusterConfig {
  std::string name;  // "outbound|8080||backend.default.svc.cluster.local"
  LbPolicy lb_policy = LbPolicy::least_request;
  Duration connect_timeout = 5 * kSecond;
  CircuitBreakers breakers;
  std::uint32_t max_requests_per_connection = 0;  // 0: unlimited
  Duration idle_timeout = 3600 * kSecond;         // of a connection without an exchange; 0: none
  bool http2 = false;                             // to the endpoints
  std::string server_name;              // SNI with mtls: "outbound_.8080_._.backend.default.svc.cluster.local"
  std::vector<std::string> identities;  // with mtls and hbone: SPIFFE IDs, of which the endpoint must have one
  std::optional<OutlierConfig> outlier;
  std::uint32_t panic_threshold_percent = 50;      // 0: never panics
  std::optional<SlowStartConfig> slow_start = {};  // round robin and least request only
  RingHashConfig ring_hash = {};
  MaglevConfig maglev = {};
  bool weighted_by_locality = false;  // by LocalityEndpoints::weight (Istio's distribute)
  std::optional<ZoneAwareConfig> zone_aware = {};
  double least_request_active_bias = 1;  // where weights differ: weight / (active + 1)^bias
};

enum class EndpointHealth : unsigned char {
  unknown,
  healthy,
  unhealthy,
  draining,
  timeout,
  degraded
};  // envoy HealthStatus

// How a proxy reaches an endpoint: as it is, over mutual TLS with its sidecar, or through an HBONE tunnel to port 15008
// of its pod (its ztunnel), where `address` is what is asked for.
enum class EndpointTransport : unsigned char { plain, mtls, hbone };

struct EndpointConfig {
  SocketAddress address;
  EndpointHealth health = EndpointHealth::healthy;
  std::uint32_t weight = 1;
  EndpointTransport transport = EndpointTransport::plain;
  std::string workload = {};  // who it is, for metrics (telemetry/workload_labels.h); empty: not known
};

struct LocalityEndpoints {
  Locality locality;
  std::uint32_t priority = 0;  // 0 first; no gaps
  std::uint32_t weight = 0;    // 0: not weighted by locality
  std::vector<EndpointConfig> endpoints;
};

class AssignmentIndex;

// What balancing derives from an assignment (see assignment_index.h): made when first asked for, and then shared by all
// who share the assignment. A copied assignment may be changed, so it starts without.
class AssignmentIndexSlot {
 public:
  AssignmentIndexSlot() = default;
  AssignmentIndexSlot(const AssignmentIndexSlot&) {}
  AssignmentIndexSlot& operator=(const AssignmentIndexSlot&) {
    index_ = nullptr;
    return *this;
  }

 private:
  friend const AssignmentIndex& index_of(const struct ClusterAssignment& assignment);
  mutable std::shared_ptr<const AssignmentIndex> index_;
};

struct ClusterAssignment {
  std::string cluster;
  std::vector<LocalityEndpoints> localities;
  std::uint32_t overprovisioning_factor = 140;  // percent; > 0
  AssignmentIndexSlot index;
};

struct RetryPolicy {
  std::uint32_t attempts = 0;  // besides the first
  bool on_connect_failure = false;
  bool on_refused_stream = false;
  bool on_unavailable = false;  // gRPC
  bool on_cancelled = false;    // gRPC
  bool on_reset = false;
  bool on_5xx = false;
  bool on_gateway_error = false;  // 502, 503, 504
  bool on_retriable_4xx = false;  // 409
  bool on_reset_before_request = false;
  std::vector<std::uint16_t> on_status = {};  // retriable-status-codes
  bool skip_previous_hosts = false;
  std::uint32_t host_selection_attempts = 5;
  Duration base_interval = 25 * kMillisecond;
  Duration max_interval = 0;     // 0: ten times the base
  Duration per_try_timeout = 0;  // 0: none
};

struct HeaderMatch {
  std::string name;  // lower case
  StringMatch value;
  bool invert = false;

  bool operator==(const HeaderMatch&) const = default;
};

// Which requests a route takes: all that is there must match.
struct RouteMatch {
  enum class PathKind : unsigned char { prefix, segments, exact, regex };  // segments: a prefix of whole path elements

  PathKind path_kind = PathKind::prefix;
  std::string path = "/";
  bool ignore_case = false;          // of the path; not of a regex
  std::vector<HeaderMatch> headers;  // also ":method", ":authority", ":scheme"
  std::vector<NamedMatch> query_params;

  bool operator==(const RouteMatch&) const = default;
};

struct WeightedCluster {
  std::string cluster;
  std::uint32_t weight = 0;  // of the sum of all
  HeaderRules headers;       // besides the route's

  bool operator==(const WeightedCluster&) const = default;
};

// What the balancers that hash go by; the first that finds something.
struct HashPolicy {
  enum class Kind : unsigned char { header, cookie, query_param, source_ip };
  Kind kind = Kind::header;
  std::string name;
  std::string cookie_path;
  std::optional<Duration> cookie_ttl;  // a cookie that is missing is made, where this is set

  bool operator==(const HashPolicy&) const = default;
};

struct MirrorPolicy {
  std::string cluster;
  double share = 1;  // 0..1

  bool operator==(const MirrorPolicy&) const = default;
};

struct RedirectAction {
  std::optional<std::string> path;    // in place of the whole
  std::optional<std::string> prefix;  // in place of what matched
  std::string authority;
  std::string scheme;
  std::uint32_t port = 0;
  std::uint16_t status = 301;

  bool operator==(const RedirectAction&) const = default;
};

struct RewriteAction {
  std::optional<std::string> prefix;  // in place of what matched
  std::optional<std::string> path;    // in place of the whole
  std::optional<std::pair<std::string, std::string>> regex;
  std::string authority;

  bool operator==(const RewriteAction&) const = default;
};

struct FaultAction {
  double delay_share = 0;  // 0..1
  Duration delay = 0;
  double abort_share = 0;
  std::uint16_t abort_status = 0;
  std::optional<std::uint16_t> abort_grpc_status;

  bool operator==(const FaultAction&) const = default;
};

struct RouteConfigEntry {
  std::string name;
  RouteMatch match = {};
  // One of these four: a cluster, several by weight, a redirect, an answer.
  std::string cluster;
  std::vector<WeightedCluster> weighted_clusters = {};
  std::optional<RedirectAction> redirect = {};
  std::optional<HttpDirectResponse> direct_response = {};
  Duration timeout = 0;  // 0: none
  RetryPolicy retry = {};
  RewriteAction rewrite = {};
  HeaderRules headers = {};
  std::vector<HashPolicy> hash = {};
  std::vector<MirrorPolicy> mirrors = {};
  std::optional<FaultAction> fault = {};
  std::shared_ptr<const CorsRules> cors = {};
};

struct VirtualHost {
  std::string name;
  std::vector<std::string> domains;  // exact, "*.suffix", "prefix.*", "*"
  std::vector<RouteConfigEntry> routes;
};

class RouteTable;

// What matching derives from a route configuration (see route_table.h): made when first asked for, and then shared by
// all who share the configuration. A copied configuration may be changed, so it starts without.
class RouteTableSlot {
 public:
  RouteTableSlot() = default;
  RouteTableSlot(const RouteTableSlot&) {}
  RouteTableSlot& operator=(const RouteTableSlot&) {
    table_ = nullptr;
    return *this;
  }

 private:
  friend const RouteTable& table_of(const struct RouteConfig& routes);
  mutable std::shared_ptr<const RouteTable> table_;
};

struct RouteConfig {
  std::string name;  // the port, as Istio names it: "8080"; a gateway's: "http.8080"
  std::vector<VirtualHost> virtual_hosts;
  RouteTableSlot table = {};
};

// Filters of HTTP traffic that a listener brings with it, in this order.
struct RateLimitConfig {  // a token bucket in each proxy
  std::uint32_t max_tokens = 0;
  std::uint32_t tokens_per_fill = 1;
  Duration fill_interval = 0;
  double enabled_share = 1;   // 0..1: of the requests that are counted
  double enforced_share = 1;  // of those over the limit that are refused
  std::uint16_t status = 429;
  std::vector<std::pair<std::string, std::string>> response_headers;

  bool operator==(const RateLimitConfig&) const = default;
};

// Full-link labels: inbound keeps what a request says under the id of its trace; outbound sets it on what belongs to
// that trace.
struct TrafficLabelConfig {
  std::vector<TrafficLabelRule> rules;
  std::map<std::string, std::string> pod_labels;  // those that the rules name
  std::vector<std::string> trace_headers;         // where the trace's id is looked for, before the usual ones
  // Headers that travel as members of `baggage`: inbound writes them into it, outbound reads them out of it.
  std::vector<std::string> baggage_headers;

  bool operator==(const TrafficLabelConfig&) const = default;
};

struct HttpFilterConfigs {
  std::optional<RateLimitConfig> rate_limit;
  std::optional<TrafficLabelConfig> traffic_label;

  bool operator==(const HttpFilterConfigs&) const = default;
};

// Several clusters for one TCP connection, by weight.
struct TcpRoute {
  std::vector<std::string> sni_hosts;  // empty: any connection
  std::vector<std::string> destination_subnets;
  std::vector<WeightedCluster> clusters;  // one: its weight does not matter

  bool operator==(const TcpRoute&) const = default;
};

// Of everything that comes in to a sidecar's application: its filters are this listener's.
inline constexpr const char* kVirtualInbound = "virtualInbound";

// One listener of a proxy: where it listens, and the route table its HTTP traffic takes or the cluster its TCP
// connections are passed to, or by their kind (TLS with SNI, plain) some TCP routes, the first that matches. A gateway
// listens on the addresses of its listeners; a sidecar matches original destinations with them.
struct ListenerConfig {
  std::string name;  // "0.0.0.0_8080": matches original destinations on that port; "10.96.0.3_3306": that address
  SocketAddress address;
  std::string route_config;
  std::string cluster;
  std::vector<TcpRoute> tcp_routes = {};
  HttpFilterConfigs filters = {};
};

}  // namespace meshtwin
