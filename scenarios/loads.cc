// What is sent into the mesh, and whether the links carry it.

#include <algorithm>
#include <cctype>
#include <set>

#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "scenarios/loading.h"
#include "scenarios/models.h"

namespace meshtwin {

namespace {

bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return (c < 0x80 && std::isalnum(c)) || kOthers.find(static_cast<char>(c)) != kOthers.npos;
  });
}

bool is_printable(std::string_view text, unsigned char least) {
  return std::all_of(text.begin(), text.end(), [&](unsigned char c) { return c >= least && c < 0x7f; });
}

void load_request(Loading& loading, const Node& node, LoadConfig& config) {
  config.method = read_text(&node, "method", "GET");
  config.path = read_text(&node, "path", "/");
  if (!config.path.starts_with('/') || !is_printable(config.path, 0x21))
    loading.problem(*node.find("path"),
                    "found " + quote(config.path) + ", expected a path of printable ASCII that begins with /");
  config.request_bytes = read_size(&node, "request");
  config.timeout = read_time(&node, "timeout");
  const Node* headers = node.find("headers");
  const auto values = items_of(headers, Node::Kind::map);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Node& name = headers->keys[i];
    static const std::set<std::string> kOwn = {"host", "content-length", "transfer-encoding", "connection"};
    std::string lower = name.text;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    if (!is_token(name.text))
      loading.problem(name, "found " + quote(name.text) + ", expected the name of an HTTP header");
    if (kOwn.count(lower) > 0)
      loading.problem(name,
                      "found the header " + quote(name.text) + ", expected one that the codec does not set itself");
    if (!is_printable(values[i].text, 0x20))
      loading.problem(values[i], "found " + quote(values[i].text) + ", expected printable ASCII");
    config.headers.emplace_back(name.text, values[i].text);
  }
}

void load_schedule(Loading& loading, const Node& node, LoadConfig& config) {
  const Duration duration = loading.scenario.plan.duration;
  if (const Node* rate = node.find("rate")) config.rate = read_rate_schedule(loading, *rate);
  config.clients = static_cast<std::uint32_t>(read_integer(&node, "clients", 0));
  config.arrivals =
      read_text(&node, "arrivals") == "constant" ? LoadConfig::Arrivals::constant : LoadConfig::Arrivals::poisson;
  if (const Node* think = node.find("think")) config.think = read_duration_model(loading, *think);
  const auto only_with = [&](const char* key, const char* other) {
    if (node.find(key) != nullptr && node.find(other) == nullptr)
      loading.problem(*node.find(key),
                      std::string("found ") + key + " without " + other + ", expected it beside " + other + " only");
  };
  only_with("think", "clients");
  only_with("arrivals", "rate");
  config.begin = read_time(&node, "begin", 0);
  config.end = read_time(&node, "end", duration);
  if (duration == 0) return;
  if (config.end > duration)
    loading.problem(*node.find("end"),
                    "found " + format_time(config.end) + ", expected at most the duration, " + format_time(duration));
  if (config.begin >= std::min(config.end, duration))
    loading.problem(node.find("begin") != nullptr ? *node.find("begin") : *node.find("end"),
                    "found the load's begin at " + format_time(config.begin) + " and its end at " +
                        format_time(config.end) + ", expected its end later");
}

// Without a mesh a gateway is passed over, as waypoints are: the load goes to the service itself.
void pass_gateway_over(const Loading& loading, LoadEntry& entry) {
  entry.gateway = nullptr;
  entry.service = std::exchange(entry.gateway_service, std::nullopt);
  entry.config.host.clear();
  if (entry.service) entry.config.service = loading.services[*entry.service].name;
}

// A gateway, for a service that `host` names, or a service itself.
void load_target(Loading& loading, const Node& node, LoadEntry& entry) {
  const Node* host = node.find("host");
  entry.gateway = loading.mesh.gateway(read_text(&node, "to"));
  if (entry.gateway == nullptr) {
    entry.service = loading.service(node.find("to"));
    if (host != nullptr)
      loading.problem(*host, "found host without a gateway, expected it where `to` names one of mesh.gateways");
    if (!entry.service) return;
    entry.config.service = loading.services[*entry.service].name;
    entry.config.port = checked_port(loading, node.find("port"), loading.services[*entry.service]);
    return;
  }
  entry.in_mesh = false;  // what comes in from outside has no proxy of its own
  entry.config.service = entry.gateway->name;
  entry.config.port = static_cast<std::uint16_t>(read_integer(&node, "port", entry.gateway->ports.front()));
  if (host == nullptr) {
    loading.problem(node, "found a load to a gateway without host, expected the service that its requests are for");
  } else if (const auto service = loading.service(host)) {
    entry.config.host = loading.services[*service].name;
    entry.gateway_service = service;
  }
  const auto& ports = entry.gateway->ports;
  if (std::find(ports.begin(), ports.end(), entry.config.port) == ports.end())
    loading.problem(*node.find("port"), "found port " + std::to_string(entry.config.port) + ", expected one of " +
                                            entry.gateway->name + "'s in mesh.gateways");
  if (!loading.mesh.exists()) pass_gateway_over(loading, entry);
}

// What must be joined and why, once for each pair of zones.
class Reachability {
 public:
  explicit Reachability(Loading& loading) : loading_(loading) {
    for (const LinkPlan& link : loading.scenario.plan.links) joined_.insert(std::minmax(link.zone_a, link.zone_b));
  }

  void need(std::size_t from, std::size_t to, const Node& at, const std::string& why) {
    if (from == to || !joined_.insert(std::minmax(from, to)).second) return;
    loading_.problem(at, "found no link between " + loading_.zone_names[from] + " and " + loading_.zone_names[to] +
                             ", expected one in topology.links: " + why);
  }

 private:
  Loading& loading_;
  std::set<std::pair<std::size_t, std::size_t>> joined_;
};

}  // namespace

void load_loads(Loading& loading) {
  const auto nodes = items_of(loading.root.find("load"), Node::Kind::list);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    LoadEntry entry;
    entry.node = &nodes[i];
    entry.zone = loading.zone(nodes[i].find("from"));
    if (entry.zone) entry.node_place = loading.node(nodes[i].find("node"), {*entry.zone});
    entry.in_mesh = read_boolean(&nodes[i], "sidecar", loading.mesh.exists());
    entry.config.tracing = loading.mesh.sidecar.tracing;
    if (entry.in_mesh && !loading.mesh.exists() && read_text(loading.root.find("mesh"), "mode") == "none")
      loading.problem(*nodes[i].find("sidecar"), "found true, expected false where mesh.mode is none");
    entry.config.index = static_cast<std::uint32_t>(i);
    load_target(loading, nodes[i], entry);
    LoadConfig& config = entry.config;
    load_request(loading, nodes[i], config);
    load_schedule(loading, nodes[i], config);
    config.grace = loading.scenario.plan.grace;
    loading.loads.push_back(std::move(entry));
  }
}

namespace {

void need_control_plane(Loading& loading, Reachability& reachability) {
  if (!loading.mesh.exists() || loading.zone_names.empty()) return;
  const auto need = [&](const std::vector<PodGroup>& groups, const Node& at) {
    for (const PodGroup& pods : groups)
      reachability.need(pods.zone, loading.mesh.control_plane_zone, at, "its proxies reach the control plane over it");
  };
  for (const ServiceEntry& service : loading.services) need(service.pods, *service.key);
  for (const ProxyEntry& waypoint : loading.mesh.waypoints) need(waypoint.pods, *waypoint.key);
  for (const ProxyEntry& gateway : loading.mesh.gateways) need(gateway.pods, *gateway.key);
  for (const LoadEntry& load : loading.loads) {
    if (load.zone && load.in_mesh)
      reachability.need(*load.zone, loading.mesh.control_plane_zone, *load.node,
                        "its proxy reaches the control plane over it");
  }
}

void need_targets(Loading& loading, Reachability& reachability, const LoadEntry& load) {
  if (load.service) {
    for (const PodGroup& to : loading.services[*load.service].pods)
      reachability.need(*load.zone, to.zone, *load.node,
                        "the load goes to " + loading.services[*load.service].name + " there");
  }
  if (load.gateway == nullptr || !load.gateway_service) return;
  const ServiceEntry& service = loading.services[*load.gateway_service];
  for (const PodGroup& gate : load.gateway->pods) {
    reachability.need(*load.zone, gate.zone, *load.node, "the load goes to " + load.gateway->name + " there");
    for (const PodGroup& to : service.pods)
      reachability.need(gate.zone, to.zone, *load.node,
                        load.gateway->name + " passes it to " + service.name + " there");
  }
}

}  // namespace

void check_reachability(Loading& loading) {
  if (loading.links_unclear) return;
  Reachability reachability(loading);
  for (const ServiceEntry& caller : loading.services) {
    for (const CallPlace& call : caller.calls) {
      const ServiceEntry& callee = loading.services[call.callee];
      for (const PodGroup& from : caller.pods)
        for (const PodGroup& to : callee.pods)
          reachability.need(from.zone, to.zone, *call.node, caller.name + " calls " + callee.name + " there");
    }
  }
  need_control_plane(loading, reachability);
  for (const LoadEntry& load : loading.loads) {
    if (load.zone) need_targets(loading, reachability, load);
  }
}

}  // namespace meshtwin
