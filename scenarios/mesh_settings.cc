// The settings of the mesh: its mode, its security and capture, the proxies of its own.

#include <algorithm>

#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "scenarios/language.h"
#include "scenarios/loading.h"

namespace meshtwin {

namespace {

constexpr const char* kGatewayName = "gateway.networking.k8s.io/gateway-name";
constexpr Duration kMetricsInterval = 5 * kSecond;

Mtls mtls_of(const std::string& text) {
  if (text == "strict") return Mtls::strict;
  return text == "permissive" ? Mtls::permissive : Mtls::disable;
}

TracingConfig read_tracing(const Node* node) {
  TracingConfig tracing;
  tracing.sampling = read_share(node, "sampling", tracing.sampling);
  const std::string propagation = read_text(node, "propagation");
  if (propagation == "b3") tracing.propagation = Propagation::b3;
  if (propagation == "b3multi") tracing.propagation = Propagation::b3multi;
  return tracing;
}

std::vector<PodGroup> read_groups(Loading& loading, const Node& node) {
  std::vector<PodGroup> groups;
  const Node* pods = node.find("pods");
  for (const Node& zone : pods != nullptr ? pods->keys : std::vector<Node>()) {
    const auto place = loading.zone(&zone);
    const std::int64_t count = read_integer(pods, zone.text, 1);
    if (place) {
      const auto pods_there = static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 1, kPodsMost));
      groups.push_back({*place, pods_there, pods_there, 0});
    }
  }
  return groups;
}

std::vector<ProxyEntry> read_proxies(Loading& loading, const Node* listed) {
  std::vector<ProxyEntry> proxies;
  const auto nodes = items_of(listed, Node::Kind::map);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    ProxyEntry proxy;
    proxy.key = &listed->keys[i];
    proxy.name = proxy.key->text;
    proxy.pods = read_groups(loading, nodes[i]);
    for (const Node& port : items_of(nodes[i].find("ports"), Node::Kind::list)) {
      proxy.ports.push_back(static_cast<std::uint16_t>(parse_integer(port.text).value.value_or(80)));
    }
    const Node* labels = nodes[i].find("labels");
    const auto values = items_of(labels, Node::Kind::map);
    proxy.labels = {{"istio", proxy.name}, {"app", proxy.name}, {kGatewayName, proxy.name}};
    for (std::size_t l = 0; l < values.size(); ++l) proxy.labels[labels->keys[l].text] = values[l].text;
    proxies.push_back(std::move(proxy));
  }
  return proxies;
}

// A name is a pod's and a host's: services, waypoints and gateways share them.
void check_names(Loading& loading) {
  const Node* services = loading.root.find("services");
  for (const auto* proxies : {&loading.mesh.waypoints, &loading.mesh.gateways}) {
    for (const ProxyEntry& proxy : *proxies) {
      const bool taken = child(services, proxy.name) != nullptr ||
                         (proxies == &loading.mesh.gateways &&
                          std::any_of(loading.mesh.waypoints.begin(), loading.mesh.waypoints.end(),
                                      [&](const ProxyEntry& other) { return other.name == proxy.name; }));
      if (taken)
        loading.problem(*proxy.key, "found " + quote(proxy.name) + " for a second thing, expected each name of a " +
                                        "service, waypoint or gateway once");
    }
  }
}

void check_combinations(Loading& loading, const Node& mesh) {
  const MeshSettings& settings = loading.mesh;
  if (settings.mode == MeshSettings::Mode::ambient && read_text(&mesh, "mtls", "strict") == "disable")
    loading.problem(*mesh.find("mtls"), "found disable in ambient mode, where tunnels always have mutual TLS");
  if (settings.gateways.empty()) return;
  if (settings.mode == MeshSettings::Mode::sidecar && settings.control_plane.mtls == Mtls::disable)
    loading.problem(*settings.gateways.front().key,
                    "found a gateway in a mesh without mutual TLS, expected mesh.mtls: permissive or strict");
}

// Translated by nftables, a connection has other addresses at one end than at the other: no shortcut finds its peer.
void read_ebpf(Loading& loading, const Node& mesh) {
  Plan& plan = loading.scenario.plan;
  plan.accelerate = read_text(&mesh, "acceleration") == "ebpf";
  const std::string capture = read_text(&mesh, "capture", plan.accelerate ? "ebpf" : "nftables");
  plan.capture_by = capture == "ebpf" ? CaptureBy::ebpf : CaptureBy::nftables;
  plan.allow_without_ebpf = read_text(&mesh, "without_ebpf") == "continue";
  if (plan.accelerate && plan.capture_by == CaptureBy::nftables)
    loading.problem(*mesh.find("capture"), "found nftables with acceleration: ebpf, expected ebpf here too");
}

void check_namespace_waypoint(Loading& loading, const Node& mesh) {
  const Node* label = child(mesh.find("labels"), "istio.io/use-waypoint");
  if (label == nullptr || loading.mesh.waypoint == "none") return;
  std::vector<std::string> names;
  for (const ProxyEntry& waypoint : loading.mesh.waypoints) names.push_back(waypoint.name);
  if (std::find(names.begin(), names.end(), label->text) != names.end()) return;
  loading.problem(*label,
                  "found " + quote(label->text) + ", expected one of mesh.waypoints" + suggestion(label->text, names));
}

void read_timings(const Node* mesh, MeshSettings& settings) {
  const Node* discovery = child(mesh, "discovery");
  ControlPlaneConfig& control = settings.control_plane;
  control.gone = read_time(discovery, "gone", control.gone);
  control.keepalive = read_time(discovery, "keepalive", control.keepalive);
  control.debounce = read_time(discovery, "debounce", control.debounce);
  const Node* probe = child(mesh, "probe");
  settings.sidecar.probe_interval = read_time(probe, "interval", settings.sidecar.probe_interval);
  settings.sidecar.probe_failures =
      static_cast<std::uint32_t>(read_integer(probe, "failures", settings.sidecar.probe_failures));
}

}  // namespace

const ProxyEntry* MeshSettings::gateway(const std::string& name) const {
  const auto found =
      std::find_if(gateways.begin(), gateways.end(), [&](const ProxyEntry& entry) { return entry.name == name; });
  return found == gateways.end() ? nullptr : &*found;
}

void load_mesh(Loading& loading) {
  const Node* mesh = loading.root.find("mesh");
  if (mesh == nullptr || mesh->kind != Node::Kind::map) return;
  MeshSettings& settings = loading.mesh;
  const std::string mode = read_text(mesh, "mode");
  if (mode == "sidecar") settings.mode = MeshSettings::Mode::sidecar;
  if (mode == "ambient") settings.mode = MeshSettings::Mode::ambient;
  settings.control_plane_zone = loading.zone(child(child(mesh, "control_plane"), "zone")).value_or(0);
  settings.control_plane.mtls = mtls_of(read_text(mesh, "mtls", "disable"));
  settings.sidecar.mtls = settings.control_plane.mtls;
  const Node* provider = mesh->find("private_key_provider");
  settings.sidecar.key_provider.poll_delay = read_time(provider, "poll_delay");
  settings.sidecar.key_provider.batch = static_cast<std::uint32_t>(read_integer(provider, "batch", 8));
  const std::string access_log = read_text(mesh, "access_log", "false");
  settings.sidecar.access_log = access_log != "false";
  settings.sidecar.telemetry.access_log_format = access_log == "json" ? AccessLogFormat::json : AccessLogFormat::text;
  settings.sidecar.telemetry.journal_every = read_time(mesh->find("metrics"), "interval", kMetricsInterval);
  settings.control_plane.zone_aware = read_text(mesh, "zone_aware", "false") == "true";
  settings.control_plane.journal_every = settings.sidecar.telemetry.journal_every;
  settings.sidecar.tracing = read_tracing(mesh->find("tracing"));
  settings.sidecar.extra_delay = read_time(mesh, "extra_delay", 0);
  const bool ambient = settings.mode == MeshSettings::Mode::ambient;
  settings.control_plane.data_plane = ambient ? DataPlane::ambient : DataPlane::sidecar;
  settings.waypoints = read_proxies(loading, mesh->find("waypoints"));
  settings.gateways = read_proxies(loading, mesh->find("gateways"));
  settings.waypoint = read_text(mesh->find("labels"), "istio.io/use-waypoint");
  read_timings(mesh, settings);
  read_ebpf(loading, *mesh);
  check_names(loading);
  check_combinations(loading, *mesh);
  check_namespace_waypoint(loading, *mesh);
}

}  // namespace meshtwin
