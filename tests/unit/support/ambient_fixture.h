#pragma once

// Pods behind ztunnels, waypoints and gateways, for tests: each told of the mesh by hand, as the control plane would.

#include <memory>
#include <string>
#include <vector>

#include "mesh/proxy/gateway_proxy.h"
#include "mesh/proxy/waypoint_proxy.h"
#include "mesh/proxy/ztunnel_pod.h"
#include "tests/unit/support/mesh_fixture.h"

namespace meshtwin::testing_world {

constexpr std::uint32_t kWaypointIp = 0x0a010080;
constexpr std::uint32_t kGatewayIp = 0x0a010081;

class AmbientFixture {
 public:
  explicit AmbientFixture(Wire wire) : mesh(wire), wire_(wire) { mesh.transport = EndpointTransport::hbone; }

  // A pod with its ztunnel, of that service account.
  ZtunnelPodProxy& add_pod(std::uint32_t place, std::uint32_t ip, const std::string& account, bool serves) {
    mesh.pod_of_ip[ip] = place;
    Pod& pod = mesh.world.pod(ip);
    pod.capture = true;
    auto entry = std::make_shared<WorkloadEntry>();
    entry->uid = "Kubernetes//Pod/default/pod-" + std::to_string(place);
    entry->ip = ip;
    entry->identity.service_account = account;
    entry->hbone = true;
    if (serves) entry->services["backend"] = {{kPort, kPort}};
    index.set(entry);
    ZtunnelPod of;
    of.pod = place;
    of.name = "pod-" + std::to_string(place);
    of.node_id = of.name;
    of.ip = ip;
    of.identity.service_account = account;
    mesh.tls.push_back(mesh.make_tls(mesh.authority(), account));
    ztunnels.push_back(std::make_unique<ZtunnelPodProxy>(mesh.context(place, ip), pod, *mesh.tls.back(), index, of));
    ztunnels.back()->listen();
    return *ztunnels.back();
  }
  void add_client() { add_pod(0, kClientIp, "client", false); }
  void add_backend(WorkloadConfig config = {}) {
    const std::uint32_t place = backends_++;
    mesh.add_backend_pod(false);
    add_pod(place + 1, backend_ip(place), "backend", true);
    config.service = "backend";
    config.port = kPort;
    config.workers = 64;
    mesh.add_workload(place, config);
  }
  void set_service(SocketAddress waypoint = {}) {
    auto service = std::make_shared<ServiceEntryPoint>();
    service->host = "backend";
    service->vip = kVip;
    service->ports = {{kPort, kPort}};
    service->waypoint = waypoint;
    index.set(service);
  }
  // What a waypoint or a gateway needs to take part: an identity and tunnels under it.
  ProxyContext& member(std::uint32_t place, std::uint32_t ip, const std::string& account) {
    ProxyContext& context = mesh.context(place, ip);
    mesh.tls.push_back(mesh.make_tls(mesh.authority(), account));
    tunnels.push_back(make_hbone_pool(mesh.world.runtime, mesh.world.pod(ip), context.codecs.http2, *mesh.tls.back()));
    context.tls = mesh.tls.back().get();
    context.tunnels = tunnels.back().get();
    return context;
  }
  void add_waypoint() {
    auto entry = std::make_shared<WorkloadEntry>();
    entry->uid = "Kubernetes//Pod/default/waypoint";
    entry->ip = kWaypointIp;
    entry->identity.service_account = "waypoint";
    entry->hbone = true;
    index.set(entry);
    set_service({kWaypointIp, kHbonePort});
    waypoint = std::make_unique<WaypointProxy>(member(100, kWaypointIp, "waypoint"));
    waypoint->listen();
    mesh.cluster.identities = {MeshFixture::identity("backend")};
    mesh.configure(waypoint->config());
  }
  void add_gateway() {
    gateway = std::make_unique<GatewayProxy>(member(101, kGatewayIp, "gateway"), std::vector<std::uint16_t>{kPort});
    gateway->listen();
    mesh.cluster.identities = {MeshFixture::identity("backend")};
    mesh.configure(gateway->config());
  }
  void run(Duration time) { mesh.world.clock.run_until(mesh.world.clock.now() + time); }

  MeshFixture mesh;
  WorkloadIndex index;  // shared by all ztunnels
  std::vector<std::unique_ptr<HbonePool>> tunnels;
  std::vector<std::unique_ptr<ZtunnelPodProxy>> ztunnels;
  std::unique_ptr<WaypointProxy> waypoint;
  std::unique_ptr<GatewayProxy> gateway;

 private:
  const Wire wire_;
  std::uint32_t backends_ = 0;
};

}  // namespace meshtwin::testing_world
