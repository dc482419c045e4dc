#include "emu/calibrate/chain.h"

#include <utility>

#include "mesh/roles/static_proxy.h"
#include "mesh/telemetry/record.h"
#include "mesh/workload/load_generator.h"
#include "mesh/workload/workload.h"

namespace meshtwin {
namespace {

constexpr std::uint32_t kWorkers = 64;

// What a control plane would tell the sidecars of a chain.
StaticProxyConfig sidecar_of(const RoleSurroundings& surroundings, std::uint16_t app_port, std::uint32_t server_ip) {
  const std::string cluster_name = std::string("outbound|8080||") + kChainService;
  StaticProxyConfig config;
  config.name = "calibration-" + std::to_string(surroundings.pod);
  config.proxy = SidecarProxyOptions{.app_port = app_port};
  ClusterConfig& cluster = config.clusters.emplace_back();
  cluster.name = cluster_name;
  cluster.outlier = OutlierConfig();
  ClusterAssignment& assignment = config.assignments.emplace_back();
  assignment.cluster = cluster_name;
  LocalityEndpoints endpoints;
  endpoints.endpoints.push_back({{server_ip, kChainPort}});
  assignment.localities.push_back(endpoints);
  RouteConfig& routes = config.routes.emplace_back();
  routes.name = "8080";
  RouteConfigEntry route;
  route.cluster = cluster_name;
  route.retry.attempts = 2;
  route.retry.on_connect_failure = true;
  routes.virtual_hosts.push_back({kChainService, {kChainService, std::string(kChainService) + ":8080"}, {route}});
  ListenerConfig& listener = config.listeners.emplace_back();
  listener.name = "0.0.0.0_8080";
  listener.address = {0, kChainPort};
  listener.route_config = "8080";
  return config;
}

}  // namespace

std::map<std::uint32_t, std::uint32_t> chain_pods(const ChainShape& shape) {
  return {{chain_client_ip(shape), 0}, {chain_server_ip(shape), 1}};
}

std::map<std::string, std::vector<std::uint32_t>, std::less<>> chain_hosts(const ChainShape& shape) {
  return {{kChainService, {shape.sidecars ? kChainVip : chain_server_ip(shape)}}};
}

std::unique_ptr<Role> make_chain_role(ChainRole role, const ChainShape& shape, const RoleSurroundings& surroundings) {
  switch (role) {
    case ChainRole::client_sidecar:
      return make_static_proxy(sidecar_of(surroundings, 0, chain_server_ip(shape)), surroundings);
    case ChainRole::server_sidecar:
      return make_static_proxy(sidecar_of(surroundings, kChainPort, chain_server_ip(shape)), surroundings);
    case ChainRole::workload: {
      WorkloadConfig config;
      config.service = kChainService;
      config.port = kChainPort;
      config.workers = kWorkers;
      config.response_bytes = shape.response_bytes;
      return std::make_unique<Workload>(config, surroundings);
    }
    case ChainRole::load:
      break;
  }
  LoadConfig config;
  config.service = kChainService;
  config.port = kChainPort;
  config.request_bytes = shape.request_bytes;
  config.method = shape.request_bytes > 0 ? "POST" : "GET";
  config.arrivals = shape.arrivals;
  config.rate = {{0, shape.rate, false}};
  config.end = shape.length;
  return std::make_unique<LoadGenerator>(config, surroundings);
}

}  // namespace meshtwin
