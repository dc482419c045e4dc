#include "emu/calibrate/chain.h"

#include <utility>

#include "mesh/proxy/sidecar_proxy.h"
#include "mesh/runtime/chance.h"
#include "mesh/telemetry/record.h"
#include "mesh/workload/load_generator.h"
#include "mesh/workload/workload.h"

namespace meshtwin {
namespace {

constexpr std::uint32_t kWorkers = 64;

// A sidecar's data plane with a configuration that is given instead of fetched.
class ConfiguredSidecar final : public Role {
 public:
  ConfiguredSidecar(const RoleSurroundings& surroundings, std::uint16_t app_port, std::uint32_t server_ip)
      : server_ip_(server_ip),
        context_(make_proxy_context(surroundings, "calibration-" + std::to_string(surroundings.pod), surroundings.pod)),
        proxy_(context_, SidecarProxyOptions{.app_port = app_port}) {}

  void start(Callback on_ready) override {
    configure(proxy_.config());
    if (proxy_.listen()) on_ready();
  }

 private:
  void configure(ConfigSink& sink) const {
    const std::string cluster_name = std::string("outbound|8080||") + kChainService;
    auto cluster = std::make_shared<ClusterConfig>();
    cluster->name = cluster_name;
    cluster->outlier = OutlierConfig();
    sink.on_cluster(cluster);
    auto assignment = std::make_shared<ClusterAssignment>();
    assignment->cluster = cluster_name;
    LocalityEndpoints endpoints;
    endpoints.endpoints.push_back({{server_ip_, kChainPort}});
    assignment->localities.push_back(endpoints);
    sink.on_assignment(assignment);
    auto routes = std::make_shared<RouteConfig>();
    routes->name = "8080";
    RouteConfigEntry route;
    route.cluster = cluster_name;
    route.retry.attempts = 2;
    route.retry.on_connect_failure = true;
    routes->virtual_hosts.push_back({kChainService, {kChainService, std::string(kChainService) + ":8080"}, {route}});
    sink.on_routes(routes);
    auto listener = std::make_shared<ListenerConfig>();
    listener->name = "0.0.0.0_8080";
    listener->address = {0, kChainPort};
    listener->route_config = "8080";
    sink.on_listener(listener);
  }

  const std::uint32_t server_ip_;
  ProxyContext context_;
  SidecarProxy proxy_;
};

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
      return std::make_unique<ConfiguredSidecar>(surroundings, 0, chain_server_ip(shape));
    case ChainRole::server_sidecar:
      return std::make_unique<ConfiguredSidecar>(surroundings, kChainPort, chain_server_ip(shape));
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
