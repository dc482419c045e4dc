// What is sent into the mesh, and whether the links carry it.

#include <algorithm>
#include <set>

#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "scenarios/loading.h"
#include "scenarios/models.h"

namespace meshtwin {

namespace {

void load_request(Loading& loading, const Node& node, LoadConfig& config) {
  config.method = read_text(&node, "method", "GET");
  config.path = read_path(loading, node);
  config.request_bytes = read_size(&node, "request");
  config.timeout = read_time(&node, "timeout");
  config.headers = read_headers(loading, node.find("headers"));
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

// Whom the documents lead an authority to first, of all that they lead it to.
std::optional<std::size_t> first_destination(const Loading& loading, const std::string& authority) {
  for (const VirtualService& rules : loading.resources.virtual_services) {
    const bool meant = std::any_of(rules.hosts.begin(), rules.hosts.end(),
                                   [&](const std::string& host) { return host == "*" || host == authority; });
    if (!meant || rules.gateways.empty()) continue;
    for (const HttpRoute& route : rules.http)
      if (!route.route.empty()) return loading.find_host(route.route.front().destination.host, rules.meta.name_space);
  }
  for (const SwimLaneGroup& group : loading.resources.lane_groups) {
    if (group.services.empty()) continue;
    const std::string& first = group.services.front();
    return loading.find_host(first.substr(first.rfind('/') + 1));
  }
  return std::nullopt;
}

// Without a mesh a gateway is passed over, as waypoints are: the load goes to the service itself.
void pass_gateway_over(Loading& loading, const Node& node, LoadEntry& entry) {
  if (!entry.gateway_host) entry.gateway_host = first_destination(loading, entry.config.host);
  if (!entry.gateway_host) {
    loading.problem(node,
                    "found a load to a gateway for no service by name, which nobody passes on where mesh.mode is "
                    "none, expected host: SERVICE");
    return;
  }
  entry.gateway = nullptr;
  entry.host = std::exchange(entry.gateway_host, std::nullopt);
  entry.config.host.clear();
  const HostEntry& target = loading.hosts[*entry.host];
  entry.config.service = target.name;
  if (!target.ports.empty()) entry.config.port = loading.pod_port(target, target.ports.front().port);
}

// Where no Gateway says which hosts there are, a gateway's are the services.
bool has_gateway_documents(const Loading& loading) {
  const auto has = [](const Resources& resources) {
    return !resources.gateways.empty() || !resources.kube_gateways.empty();
  };
  return has(loading.resources) || std::any_of(loading.changes.begin(), loading.changes.end(),
                                               [&](const auto& change) { return has(change.second); });
}

void load_gateway_host(Loading& loading, const Node& node, LoadEntry& entry) {
  const Node* host = node.find("host");
  const bool free = has_gateway_documents(loading);
  if (host == nullptr) {
    if (!free)
      loading.problem(node, "found a load to a gateway without host, expected the service that its requests are for");
    return;
  }
  const auto service = free ? loading.find_host(host->text) : loading.host(host);
  entry.config.host = host->text;
  entry.gateway_host = service;
}

// A gateway, for what `host` names, or a service itself.
void load_target(Loading& loading, const Node& node, LoadEntry& entry) {
  const Node* host = node.find("host");
  entry.gateway = loading.mesh.gateway(read_text(&node, "to"));
  if (entry.gateway == nullptr) {
    entry.host = loading.host(node.find("to"));
    if (host != nullptr)
      loading.problem(*host, "found host without a gateway, expected it where `to` names one of mesh.gateways");
    if (!entry.host) return;
    const HostEntry& target = loading.hosts[*entry.host];
    entry.config.service = read_text(&node, "to");
    entry.config.port = checked_port(loading, node.find("port"), target);
    if (!entry.in_mesh) entry.config.port = loading.pod_port(target, entry.config.port);
    return;
  }
  entry.in_mesh = false;  // what comes in from outside has no proxy of its own
  entry.config.service = entry.gateway->name;
  entry.config.port = static_cast<std::uint16_t>(read_integer(&node, "port", entry.gateway->ports.front()));
  load_gateway_host(loading, node, entry);
  const auto& ports = entry.gateway->ports;
  if (std::find(ports.begin(), ports.end(), entry.config.port) == ports.end())
    loading.problem(*node.find("port"), "found port " + std::to_string(entry.config.port) + ", expected one of " +
                                            entry.gateway->name + "'s in mesh.gateways");
  if (!loading.mesh.exists()) pass_gateway_over(loading, node, entry);
}

void load_name(Loading& loading, const Node& node, LoadEntry& entry) {
  const Node* name = node.find("name");
  entry.pod = read_text(&node, "name", "load-" + std::to_string(entry.config.index));
  entry.labels = {{"app", entry.pod}};
  const Node* labels = node.find("labels");
  const auto values = items_of(labels, Node::Kind::map);
  for (std::size_t i = 0; i < values.size(); ++i) entry.labels[labels->keys[i].text] = values[i].text;
  if (name == nullptr) return;
  const bool taken = loading.services_by_name.count(entry.pod) > 0 || loading.find_host(entry.pod) ||
                     loading.mesh.gateway(entry.pod) != nullptr || entry.pod == "control-plane" ||
                     std::any_of(loading.loads.begin(), loading.loads.end(),
                                 [&](const LoadEntry& other) { return other.pod == entry.pod; });
  if (taken)
    loading.problem(*name, "found " + quote(entry.pod) + " for a second thing, expected a name that nothing else has");
}

// What must be joined and why, once for each pair of zones.
class Reachability {
 public:
  explicit Reachability(Loading& loading) : loading_(loading) {
    for (const LinkPlan& link : loading.scenario.plan.links) joined_.insert(std::minmax(link.zone_a, link.zone_b));
  }

  void need(std::size_t from, std::size_t to, const Place& at, const std::string& why) {
    if (from == to || !joined_.insert(std::minmax(from, to)).second) return;
    loading_.problems.add(at, "found no link between " + loading_.zone_names[from] + " and " + loading_.zone_names[to] +
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
    load_name(loading, nodes[i], entry);
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
  const auto need = [&](const std::vector<PodGroup>& groups, const Place& at) {
    for (const PodGroup& pods : groups)
      reachability.need(pods.zone, loading.mesh.control_plane_zone, at, "its proxies reach the control plane over it");
  };
  for (const ServiceEntry& service : loading.services) need(service.pods, service.place);
  for (const ProxyEntry& waypoint : loading.mesh.waypoints) need(waypoint.pods, waypoint.key->place());
  for (const ProxyEntry& gateway : loading.mesh.gateways) need(gateway.pods, gateway.key->place());
  for (const LoadEntry& load : loading.loads) {
    if (load.zone && load.in_mesh)
      reachability.need(*load.zone, loading.mesh.control_plane_zone, load.node->place(),
                        "its proxy reaches the control plane over it");
  }
}

void need_host(Loading& loading, Reachability& reachability, std::size_t from, std::size_t host, const Place& at,
               const std::string& why) {
  for (const std::size_t member : loading.hosts[host].members)
    for (const PodGroup& to : loading.services[member].pods)
      reachability.need(from, to.zone, at, why + loading.hosts[host].name + " there");
}

void need_targets(Loading& loading, Reachability& reachability, const LoadEntry& load) {
  const Place at = load.node->place();
  if (load.host) need_host(loading, reachability, *load.zone, *load.host, at, "the load goes to ");
  if (load.gateway == nullptr) return;
  for (const PodGroup& gate : load.gateway->pods) {
    reachability.need(*load.zone, gate.zone, at, "the load goes to " + load.gateway->name + " there");
    if (load.gateway_host)
      need_host(loading, reachability, gate.zone, *load.gateway_host, at, load.gateway->name + " passes it to ");
  }
}

}  // namespace

void check_reachability(Loading& loading) {
  if (loading.links_unclear) return;
  Reachability reachability(loading);
  for (const ServiceEntry& caller : loading.services) {
    for (const CallPlace& call : caller.calls)
      for (const PodGroup& from : caller.pods)
        need_host(loading, reachability, from.zone, call.callee, call.node->place(), caller.name + " calls ");
  }
  need_control_plane(loading, reachability);
  for (const LoadEntry& load : loading.loads) {
    if (load.zone) need_targets(loading, reachability, load);
  }
}

}  // namespace meshtwin
