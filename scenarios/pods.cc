// The plan's pods: addresses, roles and names, once everything has been found right. The mesh's own pods stand last, so
// that a plan has the same addresses otherwise in every mode.

#include <algorithm>
#include <set>

#include "mesh/resource/units.h"
#include "scenarios/loading.h"

namespace meshtwin {

namespace {

using Mode = MeshSettings::Mode;

constexpr std::uint32_t kPodNetwork = 10u << 24;                      // zone i: 10.(1+i).0.0/16, its gateway .0.1
constexpr std::uint32_t kServiceNetwork = (10u << 24) | (96u << 16);  // service k: 10.96.0.0/16 + k + 1
constexpr const char* kDomain = ".default.svc.cluster.local";
constexpr const char* kNodeSuffix = ".default~default.svc.cluster.local";

std::vector<std::string> names_of(const std::string& service) {
  return {service, service + ".default", service + ".default.svc", service + kDomain};
}

AppProtocol protocol_of(const ServiceEntry& service) {
  const std::string& protocol = service.ports.front().protocol;
  if (protocol == "tcp") return AppProtocol::tcp;
  return protocol == "http" ? AppProtocol::http1 : AppProtocol::http2;
}

class PodCompiler {
 public:
  explicit PodCompiler(Loading& loading)
      : loading_(loading),
        mesh_(loading.mesh),
        plan_(loading.scenario.plan),
        used_(plan_.zones.size(), 0),
        nodes_(plan_.zones.size()) {
    for (std::size_t i = 0; i < plan_.nodes.size(); ++i) nodes_[plan_.nodes[i].zone].push_back(i);
  }

  void run() {
    for (const ServiceEntry& service : loading_.services) add_service(service);
    for (const LoadEntry& load : loading_.loads) add_load(load);
    if (mesh_.exists()) {
      reserve_control_plane();
      add_proxies();
      fill_control_plane();
    }
    add_hosts();
  }

 private:
  PodPlan& add_pod(const std::string& name, const std::string& service, std::size_t zone, std::size_t n) {
    return add_pod_on(name, service, nth_node(zone, n));
  }
  std::size_t nth_node(std::size_t zone, std::size_t n) const { return nodes_[zone][n % nodes_[zone].size()]; }
  PodPlan& add_pod_on(const std::string& name, const std::string& service, std::size_t node) {
    PodPlan pod;
    pod.name = name;
    pod.service = service;
    pod.node = node;
    pod.zone = plan_.nodes[node].zone;
    pod.ip = kPodNetwork + (static_cast<std::uint32_t>(pod.zone + 1) << 16) + 2 + used_[pod.zone]++;
    plan_.pods.push_back(std::move(pod));
    return plan_.pods.back();
  }

  Locality locality_of(const PodPlan& pod) const {
    return {plan_.zones[pod.zone].region, plan_.zones[pod.zone].name, {}};
  }
  std::uint32_t place_of(const PodPlan& pod) const { return static_cast<std::uint32_t>(&pod - plan_.pods.data()); }
  static std::string node_id(const char* kind, const PodPlan& pod) {
    return std::string(kind) + "~" + ip_to_string(pod.ip) + "~" + pod.name + kNodeSuffix;
  }
  static SpiffeId identity(const std::string& account) { return {"cluster.local", "default", account}; }

  // As the pods of one set are numbered.
  static std::string workload_of(const std::string& pod) {
    const std::size_t dash = pod.rfind('-');
    const bool numbered =
        dash != std::string::npos && pod.find_first_not_of("0123456789", dash + 1) == std::string::npos;
    return numbered ? pod.substr(0, dash) : pod;
  }
  TelemetryConfig telemetry_of(const PodDeclaration& pod) const {
    TelemetryConfig telemetry = mesh_.sidecar.telemetry;
    telemetry.self = labels_of(pod);
    if (!pod.service.empty()) telemetry.service = pod.service + kDomain;
    return telemetry;
  }

  PodDeclaration& declare(const PodPlan& pod, const std::map<std::string, std::string>& labels,
                          const std::string& account) {
    mesh_.control_plane.pods.push_back({place_of(pod), pod.name, pod.service, pod.ip, locality_of(pod), labels, account,
                                        plan_.nodes[pod.node].name, true, false,
                                        pod.service.empty() ? account : workload_of(pod.name)});
    return mesh_.control_plane.pods.back();
  }

  // Puts a proxy before the pod's application, as the mode has it.
  void add_to_mesh(PodPlan& pod, std::uint16_t app_port, AppProtocol protocol,
                   const std::map<std::string, std::string>& labels, const std::string& account) {
    const PodDeclaration& declared = declare(pod, labels, account);
    if (mesh_.mode == Mode::ambient) {
      pod.capture = Capture::ambient;
      const std::string id = node_id("ambient", pod);
      by_node_[pod.node].push_back({place_of(pod), pod.name, id, pod.ip, app_port, identity(account)});
      return;
    }
    SidecarConfig config = mesh_.sidecar;
    config.node_id = node_id("sidecar", pod);
    config.pod = place_of(pod);
    config.identity = identity(account);
    config.app_port = app_port;
    config.app_protocol = protocol;
    config.telemetry = telemetry_of(declared);
    pod.capture = Capture::sidecar;
    pod.roles.push_back({pod.name + "/sidecar", config});
  }

  void add_service(const ServiceEntry& service) {
    for (const PodGroup& group : service.pods) {
      for (std::uint32_t i = 0; i < group.count; ++i) {
        const std::string& zone = plan_.zones[group.zone].name;
        const bool placed = service.node.has_value() && plan_.nodes[*service.node].zone == group.zone;
        const std::size_t node = placed ? *service.node : nth_node(group.zone, i);
        PodPlan& pod = add_pod_on(service.name + "-" + zone + "-" + std::to_string(i), service.name, node);
        if (service.exec.empty()) {
          WorkloadConfig workload = service.workload;
          workload.journal_every = mesh_.sidecar.telemetry.journal_every;
          pod.roles.push_back({pod.name + "/workload", std::move(workload)});
        } else {
          pod.roles.push_back({pod.name + "/program", ProgramConfig{service.exec, service.workload}});
        }
        if (mesh_.exists())
          add_to_mesh(pod, service.workload.port, protocol_of(service), service.labels, service.account);
      }
    }
  }

  void add_load(const LoadEntry& load) {
    const std::string name = "load-" + std::to_string(load.config.index);
    PodPlan& pod = add_pod_on(name, {}, load.node_place.value_or(nth_node(load.zone.value(), 0)));
    pod.roles.push_back({name + "/load", load.config});
    if (load.in_mesh) add_to_mesh(pod, 0, AppProtocol::http1, {{"app", name}}, name);
    if (mesh_.exists() && !load.in_mesh) pod.hosts = pod_addresses();
  }

  void reserve_control_plane() {
    const PodPlan& pod = add_pod("control-plane", {}, mesh_.control_plane_zone, 0);
    control_plane_ = place_of(pod);
    address_ = {pod.ip, mesh_.control_plane.port};
  }

  void add_proxies() {
    if (mesh_.mode == Mode::ambient) {
      for (const ProxyEntry& entry : mesh_.waypoints) add_waypoint(entry);
    }
    if (mesh_.exists()) {
      for (const ProxyEntry& entry : mesh_.gateways) add_gateway(entry);
    }
    for (auto& [node, pods] : by_node_) add_ztunnel(node, std::move(pods));
  }

  template <typename Add>
  void each_pod(const ProxyEntry& entry, Add add) {
    for (const PodGroup& group : entry.pods) {
      for (std::uint32_t i = 0; i < group.count; ++i) {
        const std::string name = entry.name + "-" + plan_.zones[group.zone].name + "-" + std::to_string(i);
        add(add_pod(name, entry.name, group.zone, i));
      }
    }
  }

  void add_waypoint(const ProxyEntry& entry) {
    each_pod(entry, [&](PodPlan& pod) {
      const std::string id = node_id("waypoint", pod);
      const PodDeclaration& declared =
          declare(pod, {{"gateway.networking.k8s.io/gateway-name", entry.name}}, entry.name);
      pod.roles.push_back({pod.name + "/waypoint",
                           WaypointConfig{id, place_of(pod), address_, 15012, identity(entry.name),
                                          mesh_.sidecar.access_log, mesh_.sidecar.tracing, mesh_.sidecar.key_provider,
                                          mesh_.sidecar.extra_delay, telemetry_of(declared)}});
    });
  }

  void add_gateway(const ProxyEntry& entry) {
    each_pod(entry, [&](PodPlan& pod) {
      const std::string id = node_id("router", pod);
      const PodDeclaration& declared = declare(pod, {{"istio", entry.name}}, entry.name);
      pod.roles.push_back({pod.name + "/gateway",
                           GatewayConfig{id, place_of(pod), address_, 15012, identity(entry.name), entry.ports,
                                         mesh_.sidecar.access_log, mesh_.sidecar.tracing, mesh_.sidecar.key_provider,
                                         mesh_.sidecar.extra_delay, telemetry_of(declared)}});
    });
  }

  // One for the pods of a node, in whose networks it listens.
  void add_ztunnel(std::size_t node, std::vector<ZtunnelPod> pods) {
    const std::string& node_name = plan_.nodes[node].name;
    PodPlan& pod = add_pod_on("ztunnel-" + node_name, {}, node);
    ZtunnelConfig config;
    config.node_id = node_id("ztunnel", pod);
    config.pod = place_of(pod);
    config.node = node_name;
    config.control_plane = address_;
    config.probe_interval = mesh_.sidecar.probe_interval;
    config.probe_failures = mesh_.sidecar.probe_failures;
    config.key_provider = mesh_.sidecar.key_provider;
    RolePlan role{pod.name + "/ztunnel", {}, {}};
    for (const ZtunnelPod& served : pods) role.reaches.push_back(served.pod);
    config.pods = std::move(pods);
    PodDeclaration& declared = declare(pod, {{"app", "ztunnel"}}, "ztunnel");
    declared.node_proxy = true;
    config.telemetry = telemetry_of(declared);
    role.config = std::move(config);
    pod.roles.push_back(std::move(role));
  }

  // Now that everybody it is to know of stands.
  void fill_control_plane() {
    ControlPlaneConfig config = mesh_.control_plane;
    for (std::size_t k = 0; k < loading_.services.size(); ++k) {
      const ServiceEntry& service = loading_.services[k];
      const std::string waypoint = mesh_.mode == Mode::ambient ? service.waypoint : "";
      config.services.push_back({service.name, service.name + kDomain, vip_of(k), service.ports, waypoint});
    }
    std::size_t k = loading_.services.size();
    if (mesh_.mode == Mode::ambient) {
      for (const ProxyEntry& entry : mesh_.waypoints) {
        config.services.push_back({entry.name, entry.name + kDomain, vip_of(k++), {}, {}});
      }
    }
    config.documents = loading_.resources.texts;
    plan_.pods[control_plane_].roles.push_back({"control-plane/control-plane", std::move(config)});
    for (PodPlan& pod : plan_.pods)
      for (RolePlan& role : pod.roles)
        if (auto* sidecar = std::get_if<SidecarConfig>(&role.config)) sidecar->control_plane = address_;
  }

  static std::uint32_t vip_of(std::size_t service) { return kServiceNetwork + static_cast<std::uint32_t>(service) + 1; }

  Hosts pod_addresses() const {
    Hosts hosts;
    for (const ServiceEntry& service : loading_.services) {
      std::vector<std::uint32_t> ips;
      for (const PodGroup& group : service.pods)
        for (std::size_t i = 0; i < group.count; ++i) ips.push_back(plan_.pods[group.first + i].ip);
      for (const std::string& name : names_of(service.name)) hosts[name] = ips;
    }
    return hosts;
  }

  void add_hosts() {
    if (!mesh_.exists()) {
      plan_.hosts = pod_addresses();
      return;
    }
    for (std::size_t k = 0; k < loading_.services.size(); ++k)
      for (const std::string& name : names_of(loading_.services[k].name)) plan_.hosts[name] = {vip_of(k)};
    for (const PodPlan& pod : plan_.pods) {
      if (mesh_.gateway(pod.service) == nullptr) continue;
      for (const std::string& name : names_of(pod.service)) plan_.hosts[name].push_back(pod.ip);
    }
  }

  Loading& loading_;
  MeshSettings& mesh_;
  Plan& plan_;
  std::vector<std::uint32_t> used_;              // addresses given out in each zone
  std::vector<std::vector<std::size_t>> nodes_;  // of each zone
  std::map<std::size_t, std::vector<ZtunnelPod>> by_node_;
  std::size_t control_plane_ = 0;
  SocketAddress address_;
};

}  // namespace

void compile_pods(Loading& loading) {
  PodCompiler(loading).run();
}

}  // namespace meshtwin
