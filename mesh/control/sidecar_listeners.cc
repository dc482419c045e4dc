#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "mesh/base/socket_address.h"
#include "mesh/control/host_names.h"
#include "mesh/control/listener_filters.h"
#include "mesh/control/proxy_listeners.h"
#include "mesh/control/service_clusters.h"
#include "mesh/control/virtual_service_routes.h"

namespace meshtwin {
namespace {

constexpr std::uint16_t kInboundPort = 15006;

std::vector<std::string> names_of(const MeshService& service, const std::string& client_namespace) {
  std::vector<std::string> names{service.host};
  const std::size_t svc = service.host.find(".svc.");
  const std::size_t dot = service.host.find('.');
  if (svc != std::string::npos && dot < svc) {
    if (service.name_space == client_namespace) names.push_back(service.host.substr(0, dot));
    names.push_back(service.host.substr(0, svc));
    names.push_back(service.host.substr(0, svc) + ".svc");
  }
  if (service.vip != 0) names.push_back(ip_to_string(service.vip));
  return names;
}

class SidecarListeners {
 public:
  SidecarListeners(const MeshConfig& mesh, const VisibleMesh& visible, const ProxyView& proxy)
      : mesh_(mesh),
        visible_(visible),
        proxy_(proxy),
        filters_(listener_filters(mesh, proxy)),
        routing_(visible.virtual_services, kMeshGateway) {}

  ProxyListeners build() {
    for (const std::size_t place : visible_.services) {
      const MeshService& service = mesh_.services()[place];
      for (const ServicePort& port : service.ports) {
        if (is_http(port)) {
          add_virtual_host(service, port.port);
        } else if (service.vip != 0) {
          add_stream_listener(service, port);
        }
      }
    }
    add_hosts_without_service();
    return finish();
  }

 private:
  struct OfPort {
    RouteConfig routes;
    std::unordered_set<std::string> domains;
  };

  RouteScope scope(std::uint16_t port) const { return {mesh_, proxy_, kMeshGateway, port}; }
  void add_virtual_host(const MeshService& service, std::uint16_t port);
  void put(std::uint16_t port, VirtualHost host, const std::vector<std::string>& names);
  void add_hosts_without_service();
  void add_stream_listener(const MeshService& service, const ServicePort& port);
  ProxyListeners finish();

  const MeshConfig& mesh_;
  const VisibleMesh& visible_;
  const ProxyView& proxy_;
  const ListenerFilters filters_;
  const VirtualServiceIndex routing_;
  std::map<std::uint16_t, OfPort> by_port_;
  std::map<std::string, ListenerConfig> listeners_;
};

void SidecarListeners::add_virtual_host(const MeshService& service, std::uint16_t port) {
  VirtualHost host;
  host.name = service.host + ':' + std::to_string(port);
  if (const VirtualService* routed = routing_.find(service.host)) host.routes = http_routes(*routed, scope(port));
  if (host.routes.empty()) host.routes.push_back(default_route(service, port, scope(port)));
  put(port, std::move(host), names_of(service, proxy_.name_space));
}

// Each name alone and with the port; who comes first has it.
void SidecarListeners::put(std::uint16_t port, VirtualHost host, const std::vector<std::string>& names) {
  OfPort& here = by_port_[port];
  const std::string suffix = ':' + std::to_string(port);
  for (const std::string& name : names) {
    if (!here.domains.insert(name).second) continue;
    host.domains.push_back(name);
    if (name != "*") host.domains.push_back(name + suffix);
  }
  if (!host.domains.empty()) here.routes.virtual_hosts.push_back(std::move(host));
}

// As in Istio, on port 80 only.
void SidecarListeners::add_hosts_without_service() {
  constexpr std::uint16_t kPort = 80;
  std::unordered_set<std::string_view> known;
  for (const std::size_t place : visible_.services) known.insert(mesh_.services()[place].host);
  for (const auto& [host, routed] : routing_.hosts()) {
    const bool covers_some =
        host.starts_with('*')
            ? std::ranges::any_of(known,
                                  [&, &wildcard = host](std::string_view name) { return host_covers(wildcard, name); })
            : known.contains(host);
    if (covers_some) continue;
    VirtualHost virtual_host;
    virtual_host.name = host + ":80";
    virtual_host.routes = http_routes(*routed, scope(kPort));
    if (!virtual_host.routes.empty()) put(kPort, std::move(virtual_host), {host});
  }
}

void SidecarListeners::add_stream_listener(const MeshService& service, const ServicePort& port) {
  const std::string number = std::to_string(port.port);
  ListenerConfig listener{ip_to_string(service.vip) + '_' + number, {service.vip, port.port}, "", ""};
  if (const VirtualService* routed = routing_.find(service.host)) {
    for (const bool tls : {true, false}) {
      for (TcpRoute& route : stream_routes(*routed, tls, scope(port.port))) {
        listener.tcp_routes.push_back(std::move(route));
      }
    }
  }
  listener.cluster = cluster_name(service.host, port.port);
  listeners_.emplace(listener.name, std::move(listener));
}

ProxyListeners SidecarListeners::finish() {
  ProxyListeners result;
  for (auto& [port, here] : by_port_) {
    const std::string number = std::to_string(port);
    ListenerConfig listener{"0.0.0.0_" + number, {0, port}, number, ""};
    listener.filters = filters_.outbound;
    listeners_.emplace(listener.name, std::move(listener));
    if (visible_.registry_only && !here.domains.contains("*")) {
      VirtualHost& block = here.routes.virtual_hosts.emplace_back();
      block.name = "block_all";
      block.domains = {"*"};
      RouteConfigEntry& route = block.routes.emplace_back();
      route.name = "block_all";
      route.direct_response = HttpDirectResponse{502, ""};
    }
    here.routes.name = number;
    result.routes.push_back(std::move(here.routes));
  }
  if (filters_.inbound != HttpFilterConfigs{}) {
    ListenerConfig inbound{kVirtualInbound, {0, kInboundPort}, "", ""};
    inbound.filters = filters_.inbound;
    listeners_.emplace(inbound.name, std::move(inbound));
  }
  for (auto& [name, listener] : listeners_) result.listeners.push_back(std::move(listener));
  return result;
}

}  // namespace

ProxyListeners sidecar_listeners(const MeshConfig& mesh, const VisibleMesh& visible, const ProxyView& proxy) {
  return SidecarListeners(mesh, visible, proxy).build();
}

}  // namespace meshtwin
