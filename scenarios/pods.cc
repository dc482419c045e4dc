// The plan's pods: addresses, roles and names, once everything has been found right. The mesh's own pods stand last, so
// that a plan has the same addresses otherwise in every mode.

#include <algorithm>
#include <set>

#include "mesh/resource/units.h"
#include "scenarios/loading.h"
#include "scenarios/telemetry_settings.h"

namespace meshtwin {

namespace {

using Mode = MeshSettings::Mode;

constexpr std::uint32_t kPodNetwork = 10u << 24;                      // zone i: 10.(1+i).0.0/16, its gateway .0.1
constexpr std::uint32_t kServiceNetwork = (10u << 24) | (96u << 16);  // those of waypoints follow the Services'
constexpr const char* kDomain = ".default.svc.cluster.local";

// The names that resolve everywhere, of a short name in a namespace.
std::vector<std::string> long_names_of(const std::string& name, const std::string& name_space) {
  const std::string here = name + "." + name_space;
  return {here, here + ".svc", here + kServiceDomain};
}

// What a workload speaks is HTTP/1.1, whatever its port is called.
AppProtocol protocol_of(const ServiceEntry& service) {
  if (service.protocol == "tcp" || service.protocol == "tls") return AppProtocol::tcp;
  return service.protocol == "http" || service.exec.empty() ? AppProtocol::http1 : AppProtocol::http2;
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
    for (const ServiceEntry& service : loading_.services) {
      if (service.name_space == "default") continue;
      const Hosts hosts = names_in(service.name_space);
      for (const PodGroup& group : service.pods)
        for (std::size_t i = 0; i < group.planned; ++i) plan_.pods[group.first + i].hosts = hosts;
    }
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
  static std::string node_id(const char* kind, const PodPlan& pod, const std::string& name_space = "default") {
    return std::string(kind) + "~" + ip_to_string(pod.ip) + "~" + pod.name + "." + name_space + "~" + name_space +
           kServiceDomain;
  }
  static SpiffeId identity(const std::string& account, const std::string& name_space = "default") {
    return {"cluster.local", name_space, account};
  }

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
    if (!pod.service.empty()) telemetry.service = pod.service + "." + pod.name_space + kServiceDomain;
    return telemetry;
  }

  bool keeps_access_log(const PodDeclaration& pod) const {
    return access_log_of(loading_.resources.telemetries, pod.name_space, pod.labels).value_or(mesh_.sidecar.access_log);
  }

  struct Owner {
    std::string account;
    Labels labels;
    std::string name_space = "default";
    std::string service = {};   // short; empty: none
    std::string workload = {};  // empty: by its name
  };

  PodDeclaration& declare(const PodPlan& pod, const Owner& owner) {
    const std::string fallback = pod.service.empty() ? owner.account : workload_of(pod.name);
    mesh_.control_plane.pods.push_back({place_of(pod), pod.name, owner.service, pod.ip, locality_of(pod), owner.labels,
                                        owner.account, plan_.nodes[pod.node].name, true, false,
                                        owner.workload.empty() ? fallback : owner.workload, owner.name_space,
                                        pod.starts});
    return mesh_.control_plane.pods.back();
  }

  // Puts a proxy before the pod's application, as the mode has it.
  void add_to_mesh(PodPlan& pod, std::uint16_t app_port, AppProtocol protocol, const Owner& owner) {
    const PodDeclaration& declared = declare(pod, owner);
    const SpiffeId identity_here = identity(owner.account, owner.name_space);
    if (mesh_.mode == Mode::ambient) {
      pod.capture = Capture::ambient;
      const std::string id = node_id("ambient", pod, owner.name_space);
      by_node_[pod.node].push_back({place_of(pod), pod.name, id, pod.ip, app_port, identity_here});
      return;
    }
    SidecarConfig config = mesh_.sidecar;
    config.node_id = node_id("sidecar", pod, owner.name_space);
    config.pod = place_of(pod);
    config.identity = identity_here;
    config.app_port = app_port;
    config.app_protocol = protocol;
    config.telemetry = telemetry_of(declared);
    config.access_log = keeps_access_log(declared);
    pod.capture = Capture::sidecar;
    pod.roles.push_back({pod.name + "/sidecar", config});
  }

  void add_service(const ServiceEntry& service) {
    const HostEntry* host = service.host ? &loading_.hosts[*service.host] : nullptr;
    Owner owner{service.account, service.labels, service.name_space};
    if (host != nullptr) owner.service = host->short_name();
    if (service.document != nullptr) owner.workload = service.name;
    for (const PodGroup& group : service.pods) {
      for (std::uint32_t i = 0; i < group.planned; ++i) {
        const std::string& zone = plan_.zones[group.zone].name;
        const bool placed = service.node_place && plan_.nodes[*service.node_place].zone == group.zone;
        const std::size_t node = placed ? *service.node_place : nth_node(group.zone, i);
        const std::string name = service.pods_name() + "-" + zone + "-" + std::to_string(i);
        PodPlan& pod = add_pod_on(name, host != nullptr ? host->name : "", node);
        pod.starts = i < group.count;
        if (const auto label = service.labels.find("version"); label != service.labels.end())
          pod.version = label->second;
        if (service.exec.empty()) {
          WorkloadConfig workload = service.workload;
          workload.journal_every = mesh_.sidecar.telemetry.journal_every;
          pod.roles.push_back({pod.name + "/workload", std::move(workload)});
        } else {
          pod.roles.push_back({pod.name + "/program", ProgramConfig{service.exec, service.workload}});
        }
        if (mesh_.exists()) add_to_mesh(pod, service.port, protocol_of(service), owner);
      }
    }
  }

  void add_load(const LoadEntry& load) {
    PodPlan& pod = add_pod_on(load.pod, {}, load.node_place.value_or(nth_node(load.zone.value(), 0)));
    pod.roles.push_back({load.pod + "/load", load.config});
    if (load.in_mesh) add_to_mesh(pod, 0, AppProtocol::http1, {load.pod, load.labels});
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
          declare(pod, {entry.name, {{"gateway.networking.k8s.io/gateway-name", entry.name}}, "default", entry.name});
      pod.roles.push_back({pod.name + "/waypoint",
                           WaypointConfig{id, place_of(pod), address_, 15012, identity(entry.name),
                                          keeps_access_log(declared), mesh_.sidecar.tracing, mesh_.sidecar.key_provider,
                                          mesh_.sidecar.extra_delay, telemetry_of(declared)}});
    });
  }

  void add_gateway(const ProxyEntry& entry) {
    each_pod(entry, [&](PodPlan& pod) {
      const std::string id = node_id("router", pod);
      const PodDeclaration& declared = declare(pod, {entry.name, entry.labels, "default", entry.name});
      pod.roles.push_back({pod.name + "/gateway",
                           GatewayConfig{id, place_of(pod), address_, 15012, identity(entry.name), entry.ports,
                                         keeps_access_log(declared), mesh_.sidecar.tracing, mesh_.sidecar.key_provider,
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
    PodDeclaration& declared = declare(pod, {"ztunnel", {{"app", "ztunnel"}}});
    declared.node_proxy = true;
    config.telemetry = telemetry_of(declared);
    role.config = std::move(config);
    pod.roles.push_back(std::move(role));
  }

  // Now that everybody it is to know of stands.
  void fill_control_plane() {
    ControlPlaneConfig config = mesh_.control_plane;
    for (const HostEntry& host : loading_.hosts) {
      if (host.external) continue;
      const std::string waypoint = mesh_.mode == Mode::ambient ? host.waypoint : "";
      const std::string distribution = host.document == nullptr ? "" : host.document->traffic_distribution;
      config.services.push_back(
          {host.short_name(), host.full, host.vip, host.ports, waypoint, host.selector, distribution});
    }
    auto vip = static_cast<std::uint32_t>(kServiceNetwork + loading_.hosts.size());
    if (mesh_.mode == Mode::ambient) {
      for (const ProxyEntry& entry : mesh_.waypoints)
        config.services.push_back({entry.name, entry.name + kDomain, ++vip, {}, {}});
    }
    config.documents = loading_.resources.texts;
    plan_.pods[control_plane_].roles.push_back({"control-plane/control-plane", std::move(config)});
    for (PodPlan& pod : plan_.pods)
      for (RolePlan& role : pod.roles)
        if (auto* sidecar = std::get_if<SidecarConfig>(&role.config)) sidecar->control_plane = address_;
  }

  // What the names of the hosts stand for, by any of them that resolve in a namespace.
  template <typename Addresses>
  Hosts names(Addresses addresses) const {
    Hosts hosts;
    for (const HostEntry& host : loading_.hosts) {
      const std::vector<std::uint32_t> ips = addresses(host);
      if (host.external) {
        hosts[host.full] = ips;
        continue;
      }
      if (host.name_space == "default") hosts[host.short_name()] = ips;
      for (const std::string& name : long_names_of(host.short_name(), host.name_space)) hosts[name] = ips;
    }
    return hosts;
  }

  std::vector<std::uint32_t> pods_of(const HostEntry& host) const {
    std::vector<std::uint32_t> ips;
    for (const std::size_t member : host.members)
      for (const PodGroup& group : loading_.services[member].pods)
        for (std::size_t i = 0; i < group.planned; ++i) ips.push_back(plan_.pods[group.first + i].ip);
    return ips;
  }
  Hosts pod_addresses() const {
    return names([this](const HostEntry& host) { return pods_of(host); });
  }

  // Short names mean others in a namespace of its own, or nobody.
  Hosts names_in(const std::string& name_space) const {
    Hosts hosts;
    for (const HostEntry& host : loading_.hosts) {
      if (host.external) continue;
      if (host.name_space == "default") hosts.try_emplace(host.short_name());
      if (host.name_space == name_space)
        hosts[host.short_name()] = mesh_.exists() ? std::vector<std::uint32_t>{host.vip} : pods_of(host);
    }
    return hosts;
  }

  void add_hosts() {
    if (!mesh_.exists()) {
      plan_.hosts = pod_addresses();
      return;
    }
    plan_.hosts = names([](const HostEntry& host) { return std::vector<std::uint32_t>{host.vip}; });
    for (const PodPlan& pod : plan_.pods) {
      if (mesh_.gateway(pod.service) == nullptr) continue;
      plan_.hosts[pod.service].push_back(pod.ip);
      for (const std::string& name : long_names_of(pod.service, "default")) plan_.hosts[name].push_back(pod.ip);
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
