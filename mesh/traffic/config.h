#pragma once

// What a proxy is told about routing and upstreams: the content of RDS, CDS and EDS as typed values. The control plane
// makes them from Istio documents, xDS carries them, the classes of this folder act on them. Defaults are Envoy's where
// Istio does not set its own (mesh/control does that); immutable and shared once made.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mesh/base/socket_address.h"
#include "mesh/base/time.h"
#include "mesh/resource/locality.h"

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

enum class LbPolicy { round_robin, least_request, random };

struct CircuitBreakers {
  std::uint32_t max_connections = 1024;
  std::uint32_t max_pending_requests = 1024;
  std::uint32_t max_requests = 1024;
  std::uint32_t max_retries = 3;
};

struct ClusterConfig {
  std::string name;  // "outbound|8080||backend.default.svc.cluster.local"
  LbPolicy lb_policy = LbPolicy::least_request;
  Duration connect_timeout = 5 * kSecond;
  CircuitBreakers breakers;
  std::uint32_t max_requests_per_connection = 0;  // 0: unlimited
  bool http2 = false;                             // to the endpoints
  std::string server_name;              // SNI with mtls: "outbound_.8080_._.backend.default.svc.cluster.local"
  std::vector<std::string> identities;  // with mtls and hbone: SPIFFE IDs, of which the endpoint must have one
  std::optional<OutlierConfig> outlier;
  std::uint32_t panic_threshold_percent = 50;  // 0: never panics
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
  bool skip_previous_hosts = false;
  std::uint32_t host_selection_attempts = 5;
  Duration base_interval = 25 * kMillisecond;
};

struct RouteConfigEntry {
  std::string name;
  std::string path_prefix = "/";
  std::string cluster;
  Duration timeout = 0;  // 0: none
  RetryPolicy retry;
};

struct VirtualHost {
  std::string name;
  std::vector<std::string> domains;  // exact, "*.suffix", "prefix.*", "*"
  std::vector<RouteConfigEntry> routes;
};

struct RouteConfig {
  std::string name;  // the port, as Istio names it: "8080"
  std::vector<VirtualHost> virtual_hosts;
};

// One listener of a sidecar: where it listens, and the route table its HTTP traffic takes or the cluster its TCP
// connections are passed to (exactly one of the two is set).
struct ListenerConfig {
  std::string name;  // "0.0.0.0_8080": matches original destinations on that port; "10.96.0.3_3306": that address
  SocketAddress address;
  std::string route_config;
  std::string cluster;
};

}  // namespace meshtwin
