#include "mesh/control/lanes.h"

#include <algorithm>
#include <utility>

#include "mesh/control/lane_group.h"

namespace meshtwin {
namespace {

// "mocka", "mocka.default", "mocka.default.svc" as hosts of documents in that namespace.
std::string full_host(const std::string& host, const std::string& name_space) {
  const std::size_t dots = static_cast<std::size_t>(std::ranges::count(host, '.'));
  if (host.find('*') != std::string::npos) return host;
  if (dots == 0) return host + '.' + name_space + ".svc.cluster.local";
  if (dots == 1) return host + ".svc.cluster.local";
  return dots == 2 && host.ends_with(".svc") ? host + ".cluster.local" : host;
}

// "file:line: KIND "name" has …".
std::string text_of(const ObjectMeta& about, const std::string& what) {
  return Problem(about.place, about.kind + " \"" + about.name + "\" " + what).text();
}

// One group, its lanes, and what becomes of them.
class Group {
 public:
  Group(Resources& resources, const SwimLaneGroup& group, const HasPods& has_pods, std::vector<std::string>& warnings)
      : resources_(resources),
        group_(group),
        has_pods_(has_pods),
        warnings_(warnings),
        route_header_(route_header_of(group)) {
    for (const std::string& text : group.services) services_.push_back(service_of(text));
    for (const SwimLane& lane : resources.lanes) {
      if (lane.group == group.meta.name) lanes_.push_back(&lane);
    }
  }

  void expand() {
    check();
    for (const ServiceRef& service : services_) {
      add_subsets(service);
      add_routes(service);
    }
    if (!group_.ingress_gateway.empty()) add_ingress();
  }

 private:
  void warn(const ObjectMeta& about, const std::string& what) { warnings_.push_back(text_of(about, what)); }

  bool in_lane(const ServiceRef& service, const SwimLane& lane) const {
    return (lane.services.empty() || holds(lane.services, service)) &&
           has_pods_(service.name_space, service.name, lane.label_selector);
  }
  bool has_lane(const std::string& name) const {
    return std::ranges::any_of(lanes_, [&](const SwimLane* lane) { return lane->meta.name == name; });
  }
  // Where a service's requests go that belong to no lane it is in. Empty: to any of its pods.
  std::string fallback_of(const ServiceRef& service) const {
    for (const auto& [text, lane] : group_.service_fallback) {
      if (service_of(text) == service) return lane;
    }
    return group_.fallback_target;
  }
  std::string subset_of(const ServiceRef& service, const SwimLane& lane) const {
    return !group_.permissive || in_lane(service, lane) ? lane.meta.name : fallback_of(service);
  }

  void check();
  void check_lane(const SwimLane& lane);
  void add_subsets(const ServiceRef& service);
  void add_routes(const ServiceRef& service);
  const VirtualService* users_routes(const ServiceRef& service) const;
  HttpRoute route_to(const std::string& name, const ServiceRef& service, const std::string& subset) const;
  ObjectMeta meta_of(const char* kind, const std::string& suffix, const std::string& name_space) const;

  void add_ingress();
  void add_weighted_ingress();
  void add_ruled_ingress();
  RouteDestination entry(const std::string& host, std::uint16_t port, const SwimLane& lane) const;
  ServiceRef entry_service(const std::string& host) const;
  VirtualService& ingress_routes(const std::vector<std::string>& hosts);

  Resources& resources_;
  const SwimLaneGroup& group_;
  const HasPods& has_pods_;
  std::vector<std::string>& warnings_;
  const std::string route_header_;
  std::vector<ServiceRef> services_;
  std::vector<const SwimLane*> lanes_;
  std::size_t ingress_from_ = 0;  // where the group's VirtualServices of the ingress begin
};

void Group::check() {
  if (lanes_.empty())
    warn(group_.meta, "has no lanes: no ASMSwimLane has the label swimlane-group: " + group_.meta.name);
  for (const SwimLane* lane : lanes_) check_lane(*lane);
  if (!group_.permissive) return;
  if (group_.fallback_target.empty()) {
    warn(group_.meta, "is permissive without a fallbackTarget: what a lane lacks is then served by any pod");
  } else if (!has_lane(group_.fallback_target)) {
    warn(group_.meta, "falls back to \"" + group_.fallback_target + "\", which is no lane of it");
  }
  for (const ServiceRef& service : services_) {
    const std::string fallback = fallback_of(service);
    for (const SwimLane* lane : lanes_) {
      if (lane->meta.name != fallback || in_lane(service, *lane)) continue;
      warn(group_.meta, "falls back to lane \"" + fallback + "\", in which " + service.host() + " has no pods");
    }
  }
}

void Group::check_lane(const SwimLane& lane) {
  if (lane.label_selector.empty()) warn(lane.meta, "has no labelSelector: every pod of its group is in it");
  if (group_.permissive) return;
  for (const ServiceRef& service : services_) {
    if (in_lane(service, lane)) continue;
    warn(lane.meta, "is a lane of a strict group, but " + service.host() + " has no pods in it: calls to it get 503");
  }
}

ObjectMeta Group::meta_of(const char* kind, const std::string& suffix, const std::string& name_space) const {
  ObjectMeta meta;
  meta.kind = kind;
  meta.name = "swimlane-" + group_.meta.name + '-' + suffix;
  meta.name_space = name_space;
  meta.place = group_.meta.place;
  return meta;
}

// To every rule for the service; one of ours, where its namespace has none.
void Group::add_subsets(const ServiceRef& service) {
  std::vector<Subset> subsets;
  for (const SwimLane* lane : lanes_) {
    if (group_.permissive && !in_lane(service, *lane)) continue;
    Subset& subset = subsets.emplace_back();
    subset.name = lane->meta.name;
    subset.labels = lane->label_selector;
  }
  bool at_home = false;
  for (DestinationRule& rule : resources_.destination_rules) {
    if (full_host(rule.host, rule.meta.name_space) != service.host()) continue;
    at_home = at_home || (rule.meta.name_space == service.name_space && rule.workload_selector.empty());
    for (const Subset& subset : subsets) {
      if (std::ranges::find(rule.subsets, subset.name, &Subset::name) == rule.subsets.end()) {
        rule.subsets.push_back(subset);
      }
    }
  }
  if (at_home) return;
  DestinationRule& rule = resources_.destination_rules.emplace_back();
  rule.meta = meta_of("DestinationRule", service.name, service.name_space);
  rule.host = service.host();
  rule.subsets = std::move(subsets);
}

// A user's VirtualService that routes the service in the mesh; null: there is none.
const VirtualService* Group::users_routes(const ServiceRef& service) const {
  for (const VirtualService& routes : resources_.virtual_services) {
    const bool in_mesh = routes.gateways.empty() || std::ranges::find(routes.gateways, "mesh") != routes.gateways.end();
    const bool names_it = std::ranges::any_of(routes.hosts, [&](const std::string& host) {
      return full_host(host, routes.meta.name_space) == service.host();
    });
    if (in_mesh && names_it) return &routes;
  }
  return nullptr;
}

HttpRoute Group::route_to(const std::string& name, const ServiceRef& service, const std::string& subset) const {
  HttpRoute route;
  route.name = name;
  RouteDestination& to = route.route.emplace_back();
  to.destination.host = service.host();
  to.destination.subset = subset;
  return route;
}

void Group::add_routes(const ServiceRef& service) {
  if (const VirtualService* theirs = users_routes(service)) {
    warn(group_.meta, "does not route " + service.host() + ": VirtualService \"" + theirs->meta.name + "\" does");
    return;
  }
  VirtualService routes;
  routes.meta = meta_of("VirtualService", service.name, service.name_space);
  routes.hosts = {service.host()};
  for (const SwimLane* lane : lanes_) {
    HttpRoute route = route_to(lane->meta.name, service, subset_of(service, *lane));
    HttpMatch& match = route.matches.emplace_back();
    if (group_.permissive) {
      match.headers.emplace_back(route_header_, StringMatch{StringMatch::Kind::exact, lane->meta.name});
    } else {
      match.source_labels = lane->label_selector;
    }
    routes.http.push_back(std::move(route));
  }
  routes.http.push_back(route_to("default", service, group_.permissive ? fallback_of(service) : ""));
  resources_.virtual_services.push_back(std::move(routes));
}

void Group::add_ingress() {
  ingress_from_ = resources_.virtual_services.size();
  const bool ruled = std::ranges::any_of(lanes_, [](const SwimLane* lane) { return !lane->ingress_rules.empty(); });
  const bool there = std::ranges::any_of(resources_.gateways, [&](const IstioGateway& gateway) {
    return gateway.meta.name == group_.ingress_gateway && gateway.meta.name_space == group_.ingress_namespace;
  });
  if (!there) {
    warn(group_.meta, "has its ingress at Gateway " + group_.ingress_namespace + '/' + group_.ingress_gateway +
                          ", which there is not");
  }
  if (group_.ingress_routing.weighted || !ruled) {
    add_weighted_ingress();
  } else {
    add_ruled_ingress();
  }
}

ServiceRef Group::entry_service(const std::string& host) const {
  for (const ServiceRef& service : services_) {
    if (host.empty() || full_host(host, service.name_space) == service.host()) return service;
  }
  const std::string full = full_host(host, "default");
  const std::size_t dot = full.find('.');
  const std::size_t second = full.find('.', dot + 1);
  return {full.substr(dot + 1, second - dot - 1), full.substr(0, dot)};
}

// Into the lane, by that service.
RouteDestination Group::entry(const std::string& host, std::uint16_t port, const SwimLane& lane) const {
  const ServiceRef service = entry_service(host);
  RouteDestination to;
  to.destination.host = service.host();
  to.destination.port = port;
  if (std::ranges::find(services_, service) != services_.end()) to.destination.subset = subset_of(service, lane);
  if (group_.permissive) to.headers.request.set.emplace_back(route_header_, lane.meta.name);
  return to;
}

VirtualService& Group::ingress_routes(const std::vector<std::string>& hosts) {
  const std::vector<std::string> wanted = hosts.empty() ? std::vector<std::string>{"*"} : hosts;
  std::vector<VirtualService>& all = resources_.virtual_services;
  for (std::size_t i = ingress_from_; i < all.size(); ++i) {
    if (all[i].hosts == wanted) return all[i];
  }
  VirtualService routes;
  const std::size_t number = all.size() - ingress_from_;
  const std::string suffix = number == 0 ? "ingress" : "ingress-" + std::to_string(number + 1);
  routes.meta = meta_of("VirtualService", suffix, group_.ingress_namespace);
  routes.hosts = wanted;
  routes.gateways = {group_.ingress_namespace + '/' + group_.ingress_gateway};
  all.push_back(std::move(routes));
  return all.back();
}

void Group::add_weighted_ingress() {
  HttpRoute route;
  route.name = group_.meta.name;
  route.matches = group_.ingress_routing.matches;
  for (const SwimLane* lane : lanes_) {
    if (lane->ingress_weight == 0) continue;
    route.route.push_back(entry(lane->ingress_service, lane->ingress_port, *lane));
    route.route.back().weight = lane->ingress_weight;
  }
  if (route.route.empty()) return;  // requests enter by routes of the user's
  ingress_routes(group_.ingress_routing.hosts).http.push_back(std::move(route));
}

void Group::add_ruled_ingress() {
  for (const SwimLane* lane : lanes_) {
    for (const SwimLaneIngressRule& rule : lane->ingress_rules) {
      HttpRoute route;
      route.name = rule.name.empty() ? lane->meta.name : rule.name;
      route.matches.push_back(rule.match);
      route.route.push_back(entry(rule.service.empty() ? lane->ingress_service : rule.service, rule.port, *lane));
      ingress_routes(rule.hosts).http.push_back(std::move(route));
    }
  }
  std::vector<VirtualService>& all = resources_.virtual_services;
  for (std::size_t i = ingress_from_; i < all.size(); ++i) {
    std::ranges::stable_sort(all[i].http, std::greater<>(),
                             [](const HttpRoute& route) { return route.matches.front().headers.size(); });
  }
}

}  // namespace

HasPods has_declared_pods(const ControlPlaneConfig& config) {
  return [&config](const std::string& name_space, const std::string& service, const Labels& labels) {
    const std::string host = ServiceRef{name_space, service}.host();
    const auto declared = std::ranges::find(config.services, host, &ServiceDeclaration::host);
    return std::ranges::any_of(config.pods, [&](const PodDeclaration& pod) {
      if (pod.name_space != name_space || !selects(labels, pod.labels)) return false;
      const bool by_selector = declared != config.services.end() && !declared->selector.empty();
      return by_selector ? selects(declared->selector, pod.labels) : pod.service == service;
    });
  };
}

std::vector<std::string> expand_lanes(Resources& resources, const HasPods& has_pods) {
  std::vector<std::string> warnings;
  for (const SwimLane& lane : resources.lanes) {
    const bool known = std::ranges::any_of(resources.lane_groups,
                                           [&](const SwimLaneGroup& group) { return group.meta.name == lane.group; });
    if (!known) warnings.push_back(text_of(lane.meta, "is in group \"" + lane.group + "\", which there is not"));
  }
  for (const SwimLaneGroup& group : resources.lane_groups) Group(resources, group, has_pods, warnings).expand();
  return warnings;
}

std::string lane_of_pod(const Resources& resources, const std::string& name_space, const std::string& service,
                        const Labels& labels) {
  for (const SwimLane& lane : resources.lanes) {
    for (const SwimLaneGroup& group : resources.lane_groups) {
      if (group.meta.name != lane.group || !holds(group.services, {name_space, service})) continue;
      if (!lane.services.empty() && !holds(lane.services, {name_space, service})) continue;
      if (selects(lane.label_selector, labels)) return lane.meta.name;
    }
  }
  return {};
}

}  // namespace meshtwin
