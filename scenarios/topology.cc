// Zones, nodes, links, and the settings of the mesh.

#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "scenarios/language.h"
#include "scenarios/loading.h"

namespace meshtwin {

namespace {

std::optional<std::size_t> look_up(Loading& loading, const Node* name, const std::vector<std::string>& known,
                                   const std::map<std::string, std::size_t, std::less<>>& index, const char* what) {
  if (name == nullptr || name->kind != Node::Kind::scalar || known.empty() || loading.problems.full())
    return std::nullopt;
  if (const auto found = index.find(name->text); found != index.end()) return found->second;
  loading.problem(*name, "found " + quote(name->text) + ", expected " + what + " (" + listing(known, 12) + ")" +
                             suggestion(name->text, known));
  return std::nullopt;
}

std::string unordered_name(const Loading& loading, std::size_t a, std::size_t b) {
  return loading.zone_names[a] + " and " + loading.zone_names[b];
}

void load_nodes(Loading& loading, const Node& zone, std::size_t place) {
  auto& nodes = loading.scenario.plan.nodes;
  const auto cores = static_cast<std::uint32_t>(read_integer(&zone, "cores", 0));
  const auto name = [&](std::size_t n) { return loading.zone_names[place] + "-node-" + std::to_string(n); };
  const Node* listed = zone.find("nodes");
  if (listed != nullptr && listed->kind == Node::Kind::list) {
    for (std::size_t n = 0; n < listed->items.size(); ++n) {
      const Node* node = &listed->items[n];
      nodes.push_back(
          {read_text(node, "name", name(n)), place, static_cast<std::uint32_t>(read_integer(node, "cores", cores))});
    }
    return;
  }
  const std::int64_t count = std::min<std::int64_t>(read_integer(&zone, "nodes", 1), 1000);
  for (std::int64_t n = 0; n < count; ++n) nodes.push_back({name(static_cast<std::size_t>(n)), place, cores});
}

void check_node_names(Loading& loading, const Node* zones) {
  std::map<std::string, int> seen;
  for (const NodePlan& node : loading.scenario.plan.nodes)
    if (++seen[node.name] == 2)
      loading.problem(*zones, "found two nodes named " + quote(node.name) + ", expected each name once");
}

bool load_link(Loading& loading, const Node& node) {
  const Node* between = node.find("between");
  const auto pair = items_of(between, Node::Kind::list);
  if (pair.size() != 2) return false;
  const auto a = loading.zone(&pair[0]), b = loading.zone(&pair[1]);
  if (!a || !b) return false;
  if (a == b) {
    loading.problem(pair[1], "found the zone " + quote(pair[1].text) + " twice, expected two different zones");
    return false;
  }
  for (const LinkPlan& other : loading.scenario.plan.links) {
    if (std::minmax(other.zone_a, other.zone_b) != std::minmax(*a, *b)) continue;
    loading.problem(*between, "found a second link between " + unordered_name(loading, *a, *b) + ", expected one");
    return false;
  }
  LinkPlan link{*a, *b, {}};
  read_link_shape(node, link.shape);
  loading.scenario.plan.links.push_back(link);
  return true;
}

}  // namespace

std::optional<std::size_t> Loading::zone(const Node* name) {
  return look_up(*this, name, zone_names, zones, "the name of a zone");
}

std::optional<std::size_t> Loading::node(const Node* name, const std::vector<std::size_t>& within) {
  if (name == nullptr || name->kind != Node::Kind::scalar) return std::nullopt;
  std::vector<std::string> names;
  for (std::size_t place = 0; place < scenario.plan.nodes.size(); ++place) {
    const NodePlan& node = scenario.plan.nodes[place];
    if (std::find(within.begin(), within.end(), node.zone) == within.end()) continue;
    if (node.name == name->text) return place;
    names.push_back(node.name);
  }
  problem(*name, "found " + quote(name->text) + ", expected the name of a node in the same zone" +
                     suggestion(name->text, names));
  return std::nullopt;
}

std::vector<std::size_t> Loading::workloads(const Node* name) {
  if (name == nullptr || name->kind != Node::Kind::scalar) return {};
  if (const auto found = services_by_name.find(name->text); found != services_by_name.end()) return {found->second};
  const auto place = host(name);
  return place ? hosts[*place].members : std::vector<std::size_t>();
}

// As a resolver completes what it is asked for.
std::optional<std::size_t> Loading::find_host(const std::string& name, const std::string& name_space) const {
  for (const std::string& full : {name + "." + name_space + kServiceDomain, name + kServiceDomain,
                                  name + std::string(kServiceDomain).substr(4), name}) {
    if (const auto found = hosts_by_name.find(full); found != hosts_by_name.end()) return found->second;
  }
  return std::nullopt;
}

std::optional<std::size_t> Loading::host(const Node* name, const std::string& name_space) {
  if (name == nullptr || name->kind != Node::Kind::scalar || host_names.empty() || problems.full()) return std::nullopt;
  if (const auto found = find_host(name->text, name_space)) return found;
  problem(*name, "found " + quote(name->text) + ", expected the name of a service (" + listing(host_names, 12) + ")" +
                     suggestion(name->text, host_names));
  return std::nullopt;
}

std::optional<std::size_t> Loading::link(const Node* pair) {
  const auto names = items_of(pair, Node::Kind::list);
  if (names.size() != 2) return std::nullopt;
  const auto a = zone(&names[0]), b = zone(&names[1]);
  if (!a || !b) return std::nullopt;
  const auto& links = scenario.plan.links;
  for (std::size_t i = 0; i < links.size(); ++i)
    if (std::minmax(links[i].zone_a, links[i].zone_b) == std::minmax(*a, *b)) return i;
  problem(*pair, "found " + unordered_name(*this, *a, *b) + ", expected two zones with a link in topology.links");
  return std::nullopt;
}

void read_link_shape(const Node& node, LinkShape& shape) {
  shape.rtt = read_time(&node, "rtt", shape.rtt);
  shape.jitter = read_time(&node, "jitter", shape.jitter);
  shape.loss = read_share(&node, "loss", shape.loss);
  shape.bandwidth_bps = read(&node, "bandwidth", shape.bandwidth_bps, parse_bandwidth);
}

void load_topology(Loading& loading) {
  const Node* topology = loading.root.find("topology");
  const Node* zones = child(topology, "zones");
  if (zones == nullptr || zones->kind != Node::Kind::map) return;
  if (zones->items.size() > static_cast<std::size_t>(kZonesMost)) {
    loading.problem(*zones, "found " + std::to_string(zones->items.size()) + " zones, expected at most " +
                                std::to_string(kZonesMost));
    return;
  }
  for (std::size_t i = 0; i < zones->items.size(); ++i) {
    const std::string& name = zones->keys[i].text;
    loading.zones.emplace(name, i);
    loading.zone_names.push_back(name);
    loading.scenario.plan.zones.push_back({name, read_text(&zones->items[i], "region", "region-1")});
    load_nodes(loading, zones->items[i], i);
  }
  check_node_names(loading, zones);
  for (const Node& link : items_of(child(topology, "links"), Node::Kind::list))
    if (!load_link(loading, link)) loading.links_unclear = true;
}

}  // namespace meshtwin
