#include "mesh/control/virtual_service_routes.h"

#include <algorithm>

#include "mesh/control/host_names.h"
#include "mesh/control/http_route_action.h"
#include "mesh/control/service_clusters.h"

namespace meshtwin {
namespace {

// As the proxy calls the clusters of what goes where it was going anyway.
constexpr const char* kPassthrough = "PassthroughCluster";

// What a match says of the proxy itself.
template <typename Match>
bool is_for(const Match& match, const RouteScope& scope) {
  if (match.port != 0 && match.port != scope.port) return false;
  if (!match.gateways.empty() && std::ranges::find(match.gateways, scope.gateway) == match.gateways.end()) return false;
  if (!match.source_namespace.empty() && match.source_namespace != scope.proxy.name_space) return false;
  return selects(match.source_labels, scope.proxy.labels);
}

bool takes_all(const RouteMatch& match) {
  return match.path_kind == RouteMatch::PathKind::prefix && match.path == "/" && match.headers.empty() &&
         match.query_params.empty();
}

std::uint16_t port_of(const Destination& destination, const MeshService* target, const RouteScope& scope) {
  if (destination.port != 0) return destination.port;
  return target != nullptr && target->ports.size() == 1 ? target->ports.front().port : scope.port;
}

struct Target {
  const MeshService* service = nullptr;
  std::string cluster;
  std::uint16_t port = 0;
};

Target target_of(const Destination& destination, const VirtualService& from, const RouteScope& scope) {
  const std::string host = resolve_host(destination.host, from.meta.name_space);
  Target target;
  target.service = scope.mesh.services().find(host);
  target.port = port_of(destination, target.service, scope);
  const bool passes = target.service != nullptr && target.service->passthrough;
  target.cluster = passes ? kPassthrough : cluster_name(host, target.port, destination.subset);
  return target;
}

std::vector<HashPolicy> hash_of(const Destination& destination, const VirtualService& from, const RouteScope& scope) {
  const Target target = target_of(destination, from, scope);
  if (target.service == nullptr) return {};
  const EffectiveRule* rule = rule_for(*target.service, scope);
  if (rule == nullptr) return {};
  return hash_policies(rule, rule->subset(destination.subset), target.port);
}

void put_destinations(const HttpRoute& route, const VirtualService& from, const RouteScope& scope,
                      RouteConfigEntry& entry) {
  if (entry.redirect || entry.direct_response) return;
  if (route.route.size() == 1) {
    const RouteDestination& only = route.route.front();
    if (only.headers.empty()) {
      entry.cluster = cluster_of(only.destination, from, scope);
    } else {
      entry.weighted_clusters = {{cluster_of(only.destination, from, scope), 1, only.headers}};
    }
  } else {
    for (const RouteDestination& share : route.route) {
      if (share.weight == 0) continue;
      entry.weighted_clusters.push_back({cluster_of(share.destination, from, scope), share.weight, share.headers});
    }
  }
  for (const RouteDestination& share : route.route) {
    for (HashPolicy& hash : hash_of(share.destination, from, scope)) {
      if (std::ranges::find(entry.hash, hash) == entry.hash.end()) entry.hash.push_back(std::move(hash));
    }
  }
  for (const HttpMirror& mirror : route.mirrors) {
    entry.mirrors.push_back({cluster_of(mirror.destination, from, scope), mirror.share});
  }
}

}  // namespace

const EffectiveRule* rule_for(const MeshService& service, const RouteScope& scope) {
  return scope.mesh.rules().find(service.host, service.name_space, scope.proxy.name_space, scope.proxy.labels);
}

std::string cluster_of(const Destination& destination, const VirtualService& service, const RouteScope& scope) {
  return target_of(destination, service, scope).cluster;
}

RouteConfigEntry default_route(const MeshService& service, std::uint16_t port, const RouteScope& scope) {
  RouteConfigEntry route;
  route.name = "default";
  route.cluster = service.passthrough ? kPassthrough : cluster_name(service.host, port);
  route.retry = default_retries();
  route.hash = hash_policies(rule_for(service, scope), nullptr, port);
  return route;
}

std::vector<RouteConfigEntry> http_routes(const VirtualService& service, const RouteScope& scope) {
  std::vector<RouteConfigEntry> routes;
  const auto add = [&](const HttpRoute& route, const HttpMatch* match) {
    RouteConfigEntry& entry = routes.emplace_back();
    entry.name = route.name;
    if (match != nullptr) {
      if (!match->name.empty()) entry.name += '.' + match->name;
      entry.match = route_match(*match);
    }
    put_action(route, scope.port, entry);
    put_destinations(route, service, scope, entry);
    return takes_all(entry.match);
  };
  for (const HttpRoute& route : service.http) {
    bool is_last = route.matches.empty();
    if (is_last) add(route, nullptr);
    for (const HttpMatch& match : route.matches) {
      if (is_for(match, scope) && add(route, &match)) is_last = true;
      if (is_last) break;
    }
    if (is_last) break;  // nothing gets past it
  }
  return routes;
}

std::vector<TcpRoute> stream_routes(const VirtualService& service, bool tls, const RouteScope& scope) {
  std::vector<TcpRoute> routes;
  for (const StreamRoute& route : tls ? service.tls : service.tcp) {
    std::vector<WeightedCluster> clusters;
    for (const RouteDestination& share : route.route) {
      const bool only = route.route.size() == 1;
      if (!only && share.weight == 0) continue;
      clusters.push_back({cluster_of(share.destination, service, scope), only ? 1 : share.weight, {}});
    }
    if (route.matches.empty()) routes.push_back({{}, {}, clusters});
    for (const StreamMatch& match : route.matches) {
      if (is_for(match, scope)) routes.push_back({match.sni_hosts, match.destination_subnets, clusters});
    }
  }
  return routes;
}

}  // namespace meshtwin
