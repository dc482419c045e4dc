#include "tests/unit/control/control_world.h"

#include <algorithm>

#include "mesh/runtime/role.h"

namespace meshtwin::testing_control {
namespace {

// Loses what is written and what arrives while its network is cut.
class LossyStream final : public ByteStream {
 public:
  LossyStream(std::unique_ptr<ByteStream> stream, std::shared_ptr<LossyNetwork::State> state)
      : stream_(std::move(stream)), state_(std::move(state)) {}
  ~LossyStream() override {
    if (state_->cut) state_->lost.push_back(std::move(stream_));
  }
  void write(Buffer& data) override {
    if (state_->cut) {
      data.clear();
    } else {
      stream_->write(data);
    }
  }
  void on_read(ReadHandler handler) override {
    if (!handler) {
      stream_->on_read({});
      return;
    }
    stream_->on_read([state = state_, handler = std::move(handler)](ReadEvent event, Buffer& data) mutable {
      if (state->cut) {
        data.clear();
      } else {
        handler(event, data);
      }
    });
  }
  void on_writable(Callback then) override { stream_->on_writable(std::move(then)); }
  void shutdown_write() override { stream_->shutdown_write(); }
  void abort() override { stream_->abort(); }

 private:
  std::unique_ptr<ByteStream> stream_;
  std::shared_ptr<LossyNetwork::State> state_;
};

}  // namespace

Handle LossyNetwork::listen(SocketAddress at, AcceptHandler on_accept) {
  return network_.listen(at, std::move(on_accept));
}

Handle LossyNetwork::dial(SocketAddress to, const DialOptions& options, DialHandler then) {
  return network_.dial(
      to, options, [state = state_, then = std::move(then)](std::unique_ptr<ByteStream> stream, DialError e) mutable {
        if (state->cut) {
          then(nullptr, DialError::timed_out);
        } else if (stream == nullptr) {
          then(nullptr, e);
        } else {
          then(std::make_unique<LossyStream>(std::move(stream), state), e);
        }
      });
}

std::vector<std::string> StoryRecorder::story(const std::vector<std::string>& kinds) const {
  std::vector<std::string> lines;
  for (const EventRecord& event : events) {
    if (!kinds.empty() && std::ranges::find(kinds, event.kind) == kinds.end()) continue;
    lines.push_back(std::to_string(event.at / kMillisecond) + "ms " + event.kind + ' ' + event.subject);
  }
  return lines;
}

std::optional<std::string> NotingSink::note(const char* kind, const std::string& name) {
  log.push_back(std::string(kind) + ' ' + name);
  const auto refused = refuse.find(name);
  if (refused == refuse.end()) return std::nullopt;
  return refused->second;
}

std::optional<std::string> NotingSink::on_listener(std::shared_ptr<const ListenerConfig> listener) {
  auto refusal = note("listener", listener->name);
  if (!refusal) listeners[listener->name] = listener;
  return refusal;
}

std::optional<std::string> NotingSink::on_routes(std::shared_ptr<const RouteConfig> config) {
  auto refusal = note("routes", config->name);
  if (!refusal) routes[config->name] = config;
  return refusal;
}

std::optional<std::string> NotingSink::on_cluster(std::shared_ptr<const ClusterConfig> cluster) {
  auto refusal = note("cluster", cluster->name);
  if (!refusal) clusters[cluster->name] = cluster;
  return refusal;
}

std::optional<std::string> NotingSink::on_assignment(std::shared_ptr<const ClusterAssignment> assignment) {
  auto refusal = note("endpoints", assignment->cluster);
  if (!refusal) assignments[assignment->cluster] = assignment;
  return refusal;
}

void NotingSink::on_removed(const char* type_url, const std::string& name) {
  const std::string type = type_url;
  log.push_back("removed " + type.substr(type.rfind('.') + 1) + ' ' + name);
  if (type.ends_with(".Listener")) listeners.erase(name);
  if (type.ends_with(".RouteConfiguration")) routes.erase(name);
  if (type.ends_with(".Cluster")) clusters.erase(name);
  if (type.ends_with(".ClusterLoadAssignment")) assignments.erase(name);
}

std::string NotingSink::endpoints(const std::string& cluster) const {
  const auto found = assignments.find(cluster);
  if (found == assignments.end()) return "none";
  std::string text;
  for (const LocalityEndpoints& group : found->second->localities) {
    for (const EndpointConfig& endpoint : group.endpoints) {
      if (!text.empty()) text += ' ';
      text += ip_to_string(endpoint.address.ip) + '=' + std::to_string(group.priority);
      if (endpoint.health != EndpointHealth::healthy) text += '!';
    }
  }
  return text;
}

Proxy::Proxy(MemoryWorld& world, std::uint32_t ip, std::uint32_t control_plane_ip, bool modelled)
    : world(world), network(world.pod(ip)) {
  XdsClientOptions options;
  options.node_id = "sidecar~" + ip_to_string(ip) + "~pod.default~default.svc.cluster.local";
  options.control_plane = {control_plane_ip, 15010};
  options.modelled_wire = modelled;
  client = std::make_unique<XdsClient>(world.runtime, network, options, sink);
}

ControlWorld::ControlWorld(ControlPlaneConfig plane_config, Wire wire) : config(std::move(plane_config)), wire(wire) {}

void ControlWorld::start_control_plane() {
  const RoleSurroundings surroundings{world.runtime, world.pod(kControlPlaneIp), recorder, wire, 0, pod_of_ip_};
  plane_ = std::make_unique<ControlPlane>(config, surroundings);
  plane_->start([this] { ready = true; });
}

Proxy& ControlWorld::proxy(const std::string& pod) {
  std::unique_ptr<Proxy>& place = proxies[pod];
  if (place == nullptr) {
    const auto declared = std::ranges::find(config.pods, pod, &PodDeclaration::name);
    place = std::make_unique<Proxy>(world, declared->ip, kControlPlaneIp, wire == Wire::modelled);
  }
  return *place;
}

ControlPlaneConfig two_services() {
  ControlPlaneConfig config;
  config.patience = 0;
  for (const std::string name : {"frontend", "backend"}) {
    const auto number = static_cast<std::uint32_t>(config.services.size());
    config.services.push_back(
        {name, name + ".default.svc.cluster.local", 0x0a600001 + number, {{"http", 8080, "http"}}});
    for (const std::string zone : {"a", "b"}) {
      for (std::uint32_t i = 0; i < 2; ++i) {
        PodDeclaration pod;
        pod.pod = static_cast<std::uint32_t>(config.pods.size());
        pod.name = name + '-' + zone + '-' + std::to_string(i);
        pod.service = name;
        pod.ip = 0x0a000000 + (number + 1) * 256 + (zone == "a" ? 1 : 11) + i;
        pod.locality = {"region", "az-" + zone, ""};
        config.pods.push_back(pod);
      }
    }
  }
  config.documents.push_back({R"({apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: backend},
    spec: {host: backend, trafficPolicy: {outlierDetection: {}}}})",
                              "backend.yaml", 1});
  return config;
}

}  // namespace meshtwin::testing_control
