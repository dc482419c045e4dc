#pragma once

// A control plane and its proxies in a memory world: each proxy is an XdsClient with a sink that writes down what it is
// given.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mesh/control/control_plane.h"
#include "mesh/control/xds_client.h"
#include "mesh/telemetry/record.h"
#include "tests/unit/support/memory_world.h"

namespace meshtwin::testing_control {

using testing_world::MemoryWorld;

// A network whose traffic can be lost in silence, also on streams that are open.
class LossyNetwork final : public Network {
 public:
  explicit LossyNetwork(Network& network) : network_(network) {}
  ~LossyNetwork() override { state_->lost.clear(); }  // their readers hold the state that holds them
  Handle listen(SocketAddress at, AcceptHandler on_accept) override;
  Handle dial(SocketAddress to, const DialOptions& options, DialHandler then) override;
  Handle resolve(std::string_view name, ResolveHandler then) override {
    return network_.resolve(name, std::move(then));
  }

  void cut(bool on) { state_->cut = on; }

  struct State {
    bool cut = false;
    std::vector<std::unique_ptr<ByteStream>> lost;  // closed while cut: nobody hears of their end
  };

 private:
  std::shared_ptr<State> state_ = std::make_shared<State>();
  Network& network_;
};

struct StoryRecorder final : Recorder {
  void request(const RequestRecord&) override {}
  void attempt(const AttemptRecord&) override {}
  void access(AccessRecord) override {}
  void span(const SpanRecord&) override {}
  void metric(MetricRecord) override {}
  void event(EventRecord record) override { events.push_back(std::move(record)); }
  // "1500ms pod_ready backend-0", of these kinds (all when empty).
  std::vector<std::string> story(const std::vector<std::string>& kinds = {}) const;
  std::vector<EventRecord> events;
};

// Takes everything over, except names in `refuse`.
struct NotingSink final : ConfigSink {
  std::optional<std::string> on_listener(std::shared_ptr<const ListenerConfig> listener) override;
  std::optional<std::string> on_routes(std::shared_ptr<const RouteConfig> routes) override;
  std::optional<std::string> on_cluster(std::shared_ptr<const ClusterConfig> cluster) override;
  std::optional<std::string> on_assignment(std::shared_ptr<const ClusterAssignment> assignment) override;
  std::optional<std::string> on_peer(std::shared_ptr<const WorkloadEntry> peer) override {
    log.push_back("peer " + peer->labels.workload);
    return std::nullopt;
  }
  void on_removed(const char* type_url, const std::string& name) override;
  void on_config_applied(std::uint64_t version) override { applied.push_back(version); }

  // "10.0.1.1=0 10.0.1.2=1!" : address=priority, ! when not healthy.
  std::string endpoints(const std::string& cluster) const;

  std::map<std::string, std::string> refuse;  // name -> reason
  std::map<std::string, std::shared_ptr<const ListenerConfig>> listeners;
  std::map<std::string, std::shared_ptr<const RouteConfig>> routes;
  std::map<std::string, std::shared_ptr<const ClusterConfig>> clusters;
  std::map<std::string, std::shared_ptr<const ClusterAssignment>> assignments;
  std::vector<std::uint64_t> applied;
  std::vector<std::string> log;  // "cluster outbound|8080||…", in the order given

 private:
  std::optional<std::string> note(const char* kind, const std::string& name);
};

struct Proxy {
  Proxy(MemoryWorld& world, std::uint32_t ip, std::uint32_t control_plane_ip, bool modelled);
  void start() {
    client->start([this] { synced_at = world.clock.now(); });
  }

  MemoryWorld& world;
  LossyNetwork network;
  NotingSink sink;
  std::unique_ptr<XdsClient> client;
  Time synced_at = -1;
};

constexpr std::uint32_t kControlPlaneIp = 0x0a0000fe;

class ControlWorld {
 public:
  ControlWorld(ControlPlaneConfig config, Wire wire);
  void start_control_plane();
  void stop_control_plane() { plane_ = nullptr; }
  ControlPlane& plane() { return *plane_; }
  // The proxy of a declared pod, made at its first mention.
  Proxy& proxy(const std::string& pod);
  void run_for(Duration time) { world.clock.run_until(world.clock.now() + time); }

  ControlPlaneConfig config;
  const Wire wire;
  MemoryWorld world;
  StoryRecorder recorder;
  std::map<std::string, std::unique_ptr<Proxy>> proxies;
  bool ready = false;

 private:
  std::map<std::uint32_t, std::uint32_t> pod_of_ip_;
  std::unique_ptr<ControlPlane> plane_;
};

// A frontend and a backend in zones a and b (two pods each), HTTP on 8080; the backend fails over by locality. Without
// patience, so that a test need not start them all.
ControlPlaneConfig two_services();

inline const std::string kBackend = "outbound|8080||backend.default.svc.cluster.local";
inline const std::string kFrontend = "outbound|8080||frontend.default.svc.cluster.local";

}  // namespace meshtwin::testing_control
