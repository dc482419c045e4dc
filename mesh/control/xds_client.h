#pragma once

// A proxy's side of xDS: one aggregated delta stream to the control plane, subscribed to listeners, routes, clusters
// and endpoints, answering each push with an ACK or, with the reason, a NACK. Reconnects with back-off when the stream
// breaks and then names the versions it has. Also carries the readiness of the proxy's application, as Istio's
// auto-registration does.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "mesh/base/socket_address.h"
#include "mesh/base/time.h"
#include "mesh/control/workload_entry.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

class Network;
struct Runtime;

// Who takes the configuration over. A returned text refuses the resource and becomes the NACK's message.
class ConfigSink {
 public:
  virtual ~ConfigSink() = default;
  virtual std::optional<std::string> on_listener(std::shared_ptr<const ListenerConfig> listener) = 0;
  virtual std::optional<std::string> on_routes(std::shared_ptr<const RouteConfig> routes) = 0;
  virtual std::optional<std::string> on_cluster(std::shared_ptr<const ClusterConfig> cluster) = 0;
  virtual std::optional<std::string> on_assignment(std::shared_ptr<const ClusterAssignment> assignment) = 0;
  virtual void on_removed(const char* type_url, const std::string& name) = 0;
  // All of a push with another configuration has been taken over.
  virtual void on_config_applied(std::uint64_t /*version*/) {}
  // A ztunnel's; others are not told of these.
  virtual std::optional<std::string> on_workload(std::shared_ptr<const WorkloadEntry>) { return std::nullopt; }
  virtual std::optional<std::string> on_service(std::shared_ptr<const ServiceEntryPoint>) { return std::nullopt; }
  // What was asked about an address.
  virtual std::optional<std::string> on_peer(std::shared_ptr<const WorkloadEntry>) { return std::nullopt; }
};

// Envoy's limit of the back-off towards its control plane.
inline constexpr Duration kLongestXdsBackOff = 30 * kSecond;

// What a proxy asks for: listeners, routes, clusters and endpoints, or the addresses of workloads and services.
enum class XdsSubscription : unsigned char { routing, addresses };

struct XdsClientOptions {
  std::string node_id;
  SocketAddress control_plane;
  bool modelled_wire = false;        // move the resources as shared objects, counting the bytes of the real encoding
  Duration keepalive = 5 * kSecond;  // a stream silent for two of these is broken
  XdsSubscription subscription = XdsSubscription::routing;
};

class XdsClient {
 public:
  XdsClient(Runtime& runtime, Network& network, XdsClientOptions options, ConfigSink& sink);
  ~XdsClient();

  // Connects; `on_synced` is called once, when every type has been answered and every cluster has its endpoints.
  void start(std::function<void()> on_synced);
  // Asks who has the address; the sink is told, now and when it changes, if anybody of the mesh has.
  void ask_about(std::uint32_t ip);
  // Told to the control plane now and again after each reconnect.
  void report_health(bool ready, const std::string& reason);
  // Likewise of another pod's application, by the pod's own node ID: a ztunnel's.
  void report_health(const std::string& pod_node_id, bool ready, const std::string& reason);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace meshtwin
