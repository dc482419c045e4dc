#pragma once

// The messages of the delta protocol as typed values, free of Protobuf: what the two ends work with, and what the
// modelled wire moves. A resource is made once, immutable, and shared by every proxy it is sent to.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mesh/control/workload_entry.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

// In the order in which a change is pushed, so that nothing is referred to before it exists.
enum class XdsKind : unsigned char { cluster, endpoints, listener, routes, address, workload };
inline constexpr std::size_t kXdsKindCount = 6;
inline constexpr std::array<const char*, kXdsKindCount> kXdsTypeUrls = {
    "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
    "type.googleapis.com/envoy.config.listener.v3.Listener",
    "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
    "type.googleapis.com/istio.workload.Address",    // a ztunnel's only kind
    "type.googleapis.com/istio.workload.Workload"};  // asked for by address: who a peer is
constexpr const char* type_url_of(XdsKind kind) {
  return kXdsTypeUrls[static_cast<std::size_t>(kind)];
}
std::optional<XdsKind> kind_of_type_url(std::string_view type_url);

// Whether every resource of that kind is sent to whoever asks for the kind.
constexpr bool is_wildcard(XdsKind kind) {
  return kind == XdsKind::cluster || kind == XdsKind::listener || kind == XdsKind::address;
}

// The type URL of a request that reports the readiness of the proxy's application, or, where it names another node ID,
// of that pod's; `error` is the reason when it is not ready.
inline constexpr const char* kHealthTypeUrl = "type.googleapis.com/istio.v1.HealthInformation";

// In the order of XdsKind.
using XdsBody = std::variant<std::shared_ptr<const ClusterConfig>, std::shared_ptr<const ClusterAssignment>,
                             std::shared_ptr<const ListenerConfig>, std::shared_ptr<const RouteConfig>,
                             std::shared_ptr<const AddressEntry>, std::shared_ptr<const WorkloadEntry>>;

struct XdsResource {
  std::string name;
  std::string version;
  XdsBody body;  // null inside when `problem` says why
  std::string problem;
  std::size_t body_size = 0;                   // bytes of the encoded body
  std::shared_ptr<const std::string> encoded;  // the encoded body; null where the wire is modelled
};
using XdsResourcePtr = std::shared_ptr<const XdsResource>;

struct DeltaRequest {
  std::string node_id;  // named in the first request of a stream
  std::string type_url;
  std::vector<std::string> subscribe;
  std::vector<std::string> unsubscribe;
  std::map<std::string, std::string> initial_versions;  // name -> version
  std::string nonce;  // of the response this one acknowledges, or refuses with `error`
  std::optional<std::string> error;
};

struct DeltaResponse {
  std::string system_version;  // "12"; the last of a push with another configuration: "12/12", which version that has
  std::string type_url;
  std::vector<XdsResourcePtr> resources;
  std::vector<std::string> removed;
  std::string nonce;
};

std::string system_version(std::uint64_t version, std::uint64_t config_version);
// The version of the configuration that a push completes; 0: it says of none.
std::uint64_t config_version_of(std::string_view system_version);

struct Keepalive {};  // on the wire a message of no bytes

using XdsMessage = std::variant<Keepalive, DeltaRequest, DeltaResponse>;

}  // namespace meshtwin
