// Feeds bytes of a hostile peer to both ends of xDS: framing, decoding, and what the client and the control plane do
// with what came out. The first byte chooses the end; the second how the rest is cut.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include <google/protobuf/stubs/logging.h>

#include "mesh/control/control_plane.h"
#include "mesh/control/xds_client.h"
#include "mesh/control/xds_codec.h"
#include "mesh/runtime/role.h"
#include "mesh/telemetry/record.h"
#include "mesh/traffic/cluster_mistake.h"
#include "mesh/traffic/route_table.h"
#include "mesh/traffic/upstream_cluster.h"
#include "tests/unit/support/memory_world.h"

namespace {

using namespace meshtwin;
using testing_world::MemoryWorld;

constexpr std::uint32_t kServerIp = 0x0a000001;
constexpr std::uint32_t kClientIp = 0x0a000002;

struct SilentRecorder final : Recorder {
  void request(const RequestRecord&) override {}
  void attempt(const AttemptRecord&) override {}
  void event(EventRecord) override {}
  void access(AccessRecord) override {}
  void span(const SpanRecord&) override {}
  void metric(MetricRecord) override {}
};

// Acts on what it is given, as a sidecar would.
struct BalancingSink final : ConfigSink {
  std::optional<std::string> on_listener(std::shared_ptr<const ListenerConfig>) override { return std::nullopt; }
  std::optional<std::string> on_routes(std::shared_ptr<const RouteConfig> routes) override {
    const RouteTable& table = table_of(*routes);
    if (!table.problem().empty()) return table.problem();
    for (const VirtualHost& host : routes->virtual_hosts) table.find_host(host.domains.front());
    return std::nullopt;
  }
  std::optional<std::string> on_cluster(std::shared_ptr<const ClusterConfig> config) override {
    if (std::string mistake = mistake_in(*config); !mistake.empty()) return mistake;
    cluster = std::make_unique<UpstreamCluster>(std::move(config), RandomStream(1, "fuzz"));
    return std::nullopt;
  }
  std::optional<std::string> on_assignment(std::shared_ptr<const ClusterAssignment> assignment) override {
    if (cluster == nullptr) return "no cluster";
    cluster->update_endpoints(std::move(assignment), 0);
    std::vector<EjectionEvent> events;
    for (int i = 0; i < 20; ++i) {
      if (UpstreamCluster::Host* host = cluster->pick(i)) {
        cluster->report(*host, UpstreamOutcome::error_5xx, i, events);
      }
    }
    if (cluster->next_tick() != 0) cluster->tick(cluster->next_tick(), events);
    return std::nullopt;
  }
  void on_removed(const char*, const std::string&) override {}

  std::unique_ptr<UpstreamCluster> cluster;
};

void write_in_pieces(MemoryWorld& world, ByteStream& stream, std::string_view bytes, std::size_t piece) {
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    Buffer buffer(bytes.substr(at, piece));
    stream.write(buffer);
    world.clock.run_until(world.clock.now() + kMillisecond);
  }
  world.clock.run_until(world.clock.now() + kSecond);
}

void attack_server(std::string_view bytes, std::size_t piece) {
  MemoryWorld world;
  SilentRecorder recorder;
  ControlPlaneConfig config;
  config.services.push_back({"s", "s.default.svc.cluster.local", 0x0a600001, {{"http", 80, "http"}}});
  config.pods.push_back({0, "s-0", "s", kClientIp, {}, {}, ""});
  const std::map<std::uint32_t, std::uint32_t> pods;
  const RoleSurroundings surroundings{world.runtime, world.pod(kServerIp), recorder, Wire::real, 0, pods};
  ControlPlane plane(config, surroundings);
  plane.start([] {});
  std::unique_ptr<ByteStream> stream;
  const Handle dial = world.pod(kClientIp).dial(
      {kServerIp, 15010}, {}, [&](std::unique_ptr<ByteStream> s, DialError) { stream = std::move(s); });
  world.clock.run_until(kSecond);
  stream->on_read([](ReadEvent, Buffer& data) { data.clear(); });
  write_in_pieces(world, *stream, bytes, piece);
}

void attack_client(std::string_view bytes, std::size_t piece) {
  MemoryWorld world;
  std::unique_ptr<ByteStream> stream;
  const Handle listener = world.pod(kServerIp).listen({0, 15010}, [&](AcceptedStream accepted) {
    stream = std::move(accepted.stream);
    stream->on_read([](ReadEvent, Buffer& data) { data.clear(); });
  });
  BalancingSink sink;
  XdsClient client(world.runtime, world.pod(kClientIp), {"sidecar~10.0.0.2~a~b", {kServerIp, 15010}}, sink);
  client.start([] {});
  world.clock.run_until(kSecond);
  const std::unique_ptr<ByteStream> first = std::move(stream);
  write_in_pieces(world, *first, bytes, piece);
}

// Reading twice gives the same: what is accepted is written in one way only.
void check_body(XdsKind kind, std::string_view bytes) {
  const XdsResource resource = decode_body(kind, bytes);
  if (!resource.problem.empty()) return;
  const std::string written = encode_body(resource.body);
  const XdsResource again = decode_body(kind, written);
  if (!again.problem.empty() || encode_body(again.body) != written) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t piece = data[1] == 0 ? std::max<std::size_t>(1, bytes.size()) : data[1];
  switch (data[0] % 6) {
    case 0:
      attack_server(bytes, piece);
      break;
    case 1:
      attack_client(bytes, piece);
      break;
    default:
      check_body(static_cast<XdsKind>(data[0] % 6 - 2), bytes);
  }
  return 0;
}
