#include "mesh/control/gateway_listeners.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "mesh/control/host_names.h"
#include "mesh/control/listener_filters.h"
#include "mesh/control/virtual_service_routes.h"

namespace meshtwin {
namespace {

bool is_http(const GatewayServer& server) {
  const std::string& protocol = server.protocol;
  if (protocol == "HTTPS") return server.tls_mode != "PASSTHROUGH" && server.tls_mode != "AUTO_PASSTHROUGH";
  return protocol.starts_with("HTTP") || protocol.starts_with("GRPC");
}

// The part of `host` that a server takes of VirtualServices in that namespace: "ns/host", "./host", "*/host", "host".
std::optional<std::string> taken_host(const std::string& entry, const IstioGateway& gateway,
                                      const std::string& name_space, const std::string& host) {
  const std::size_t slash = entry.find('/');
  const std::string of = slash == std::string::npos ? "*" : entry.substr(0, slash);
  if (of == "." && name_space != gateway.meta.name_space) return std::nullopt;
  if (of != "." && of != "*" && of != name_space) return std::nullopt;
  return narrower_host(slash == std::string::npos ? entry : entry.substr(slash + 1), host);
}

class GatewayListeners {
 public:
  GatewayListeners(const MeshConfig& mesh, const VisibleMesh& visible, const ProxyView& proxy)
      : mesh_(mesh), proxy_(proxy), filters_(listener_filters(mesh, proxy)) {
    for (const VirtualService* service : visible.virtual_services) {
      for (const std::string& gateway : service->gateways) by_gateway_[gateway].push_back(service);
    }
  }

  void add(const IstioGateway& gateway) {
    for (const GatewayServer& server : gateway.servers) {
      if (is_http(server)) {
        add_http(gateway, server);
      } else {
        add_stream(gateway, server);
      }
    }
  }

  ProxyListeners build();

 private:
  struct OfPort {
    bool http = false;
    std::map<std::string, VirtualHost> hosts;
    std::set<std::pair<const VirtualService*, std::string>> merged;
    std::vector<TcpRoute> streams;
  };

  void add_http(const IstioGateway& gateway, const GatewayServer& server);
  void add_redirect(const GatewayServer& server, OfPort& here);
  void add_routes(const VirtualService& service, const std::string& host, const RouteScope& scope, OfPort& here);
  void add_stream(const IstioGateway& gateway, const GatewayServer& server);

  const MeshConfig& mesh_;
  const ProxyView& proxy_;
  const ListenerFilters filters_;
  std::map<std::string, std::vector<const VirtualService*>> by_gateway_;
  std::map<std::uint16_t, OfPort> by_port_;
};

void GatewayListeners::add_http(const IstioGateway& gateway, const GatewayServer& server) {
  OfPort& here = by_port_[server.port];
  here.http = true;
  if (server.https_redirect) {
    add_redirect(server, here);
    return;
  }
  const std::string name = gateway.meta.name_space + '/' + gateway.meta.name;
  const RouteScope scope{mesh_, proxy_, name, server.port};
  for (const VirtualService* service : by_gateway_[name]) {
    for (const std::string& host : service->hosts) {
      for (const std::string& entry : server.hosts) {
        if (const auto taken = taken_host(entry, gateway, service->meta.name_space, host)) {
          add_routes(*service, *taken, scope, here);
        }
      }
    }
  }
}

void GatewayListeners::add_redirect(const GatewayServer& server, OfPort& here) {
  for (const std::string& entry : server.hosts) {
    const std::string host = entry.substr(entry.find('/') + 1);
    VirtualHost& virtual_host = here.hosts[host];
    if (!virtual_host.routes.empty()) continue;
    RouteConfigEntry& route = virtual_host.routes.emplace_back();
    route.name = "https-redirect";
    route.redirect.emplace().scheme = "https";
  }
}

void GatewayListeners::add_routes(const VirtualService& service, const std::string& host, const RouteScope& scope,
                                  OfPort& here) {
  if (!here.merged.emplace(&service, host).second) return;
  std::vector<RouteConfigEntry> routes = http_routes(service, scope);
  if (routes.empty()) return;
  auto& all = here.hosts[host].routes;
  all.insert(all.end(), std::make_move_iterator(routes.begin()), std::make_move_iterator(routes.end()));
}

void GatewayListeners::add_stream(const IstioGateway& gateway, const GatewayServer& server) {
  OfPort& here = by_port_[server.port];
  const std::string name = gateway.meta.name_space + '/' + gateway.meta.name;
  const RouteScope scope{mesh_, proxy_, name, server.port};
  const bool tls = server.protocol == "TLS" || server.protocol == "HTTPS";
  for (const VirtualService* service : by_gateway_[name]) {
    const bool takes = std::ranges::any_of(service->hosts, [&](const std::string& host) {
      return std::ranges::any_of(server.hosts, [&](const std::string& entry) {
        return taken_host(entry, gateway, service->meta.name_space, host).has_value();
      });
    });
    if (!takes) continue;
    for (TcpRoute& route : stream_routes(*service, tls, scope)) {
      if (std::ranges::find(here.streams, route) == here.streams.end()) here.streams.push_back(std::move(route));
    }
  }
}

ProxyListeners GatewayListeners::build() {
  ProxyListeners result;
  for (auto& [port, here] : by_port_) {
    const std::string number = std::to_string(port);
    ListenerConfig listener{"0.0.0.0_" + number, {0, port}, here.http ? "http." + number : "", ""};
    listener.filters = filters_.outbound;
    listener.tcp_routes = std::move(here.streams);
    if (here.http || !listener.tcp_routes.empty()) result.listeners.push_back(std::move(listener));
    if (!here.http) continue;
    RouteConfig routes;
    routes.name = "http." + number;
    for (auto& [host, virtual_host] : here.hosts) {
      virtual_host.name = host + ':' + number;
      virtual_host.domains = {host};
      if (host != "*") virtual_host.domains.push_back(host + ':' + number);
      // What takes every request stands last, whichever document said it first.
      std::ranges::stable_partition(virtual_host.routes,
                                    [](const RouteConfigEntry& route) { return route.match != RouteMatch{}; });
      routes.virtual_hosts.push_back(std::move(virtual_host));
    }
    if (!here.hosts.contains("*")) routes.virtual_hosts.push_back({"blackhole:" + number, {"*"}, {}});
    result.routes.push_back(std::move(routes));
  }
  return result;
}

}  // namespace

std::vector<const IstioGateway*> gateways_of(const MeshConfig& mesh, const ProxyView& proxy) {
  std::vector<const IstioGateway*> gateways;
  if (proxy.kind != ProxyKind::router) return gateways;
  for (const IstioGateway& gateway : mesh.gateways()) {
    if (selects(gateway.selector, proxy.labels)) gateways.push_back(&gateway);
  }
  return gateways;
}

ProxyListeners gateway_listeners(const MeshConfig& mesh, const VisibleMesh& visible, const ProxyView& proxy,
                                 const std::vector<const IstioGateway*>& gateways) {
  GatewayListeners listeners(mesh, visible, proxy);
  for (const IstioGateway* gateway : gateways) listeners.add(*gateway);
  return listeners.build();
}

ProxyListeners proxy_listeners(const MeshConfig& mesh, const VisibleMesh& visible, const ProxyView& proxy) {
  const auto gateways = gateways_of(mesh, proxy);
  return gateways.empty() ? sidecar_listeners(mesh, visible, proxy) : gateway_listeners(mesh, visible, proxy, gateways);
}

}  // namespace meshtwin
