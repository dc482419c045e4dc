// The plan's pods: addresses, roles and names, once everything has been found right.

#include <algorithm>
#include <set>

#include "mesh/resource/units.h"
#include "scenarios/loading.h"

namespace meshtwin {

namespace {

constexpr std::uint32_t kPodNetwork = 10u << 24;                      // zone i: 10.(1+i).0.0/16, its gateway .0.1
constexpr std::uint32_t kServiceNetwork = (10u << 24) | (96u << 16);  // service k: 10.96.0.0/16 + k + 1
constexpr const char* kDomain = ".default.svc.cluster.local";

std::vector<std::string> names_of(const std::string& service) {
  return {service, service + ".default", service + ".default.svc", service + kDomain};
}

class PodCompiler {
 public:
  explicit PodCompiler(Loading& loading)
      : loading_(loading), plan_(loading.scenario.plan), used_(plan_.zones.size(), 0), nodes_(plan_.zones.size()) {
    for (std::size_t i = 0; i < plan_.nodes.size(); ++i) nodes_[plan_.nodes[i].zone].push_back(i);
  }

  void run() {
    for (const ServiceEntry& service : loading_.services) add_service(service);
    // The control plane stands last, so that a plan with and without a mesh has the same addresses otherwise; its own
    // address is needed before.
    add_load_pods();
    if (loading_.mesh.sidecars) add_control_plane();
    add_hosts();
  }

 private:
  PodPlan& add_pod(const std::string& name, const std::string& service, std::size_t zone, std::size_t n) {
    PodPlan pod;
    pod.name = name;
    pod.service = service;
    pod.zone = zone;
    pod.node = nodes_[zone][n % nodes_[zone].size()];
    pod.ip = kPodNetwork + (static_cast<std::uint32_t>(zone + 1) << 16) + 2 + used_[zone]++;
    plan_.pods.push_back(std::move(pod));
    return plan_.pods.back();
  }

  Locality locality_of(const PodPlan& pod) const {
    return {plan_.zones[pod.zone].region, plan_.zones[pod.zone].name, {}};
  }

  void add_sidecar(PodPlan& pod, std::uint16_t app_port, const std::map<std::string, std::string>& labels,
                   const std::string& account) {
    const auto place = static_cast<std::uint32_t>(plan_.pods.size() - 1);
    SidecarConfig config = loading_.mesh.sidecar;
    config.node_id = "sidecar~" + ip_to_string(pod.ip) + "~" + pod.name + ".default~default.svc.cluster.local";
    config.pod = place;
    config.app_port = app_port;
    pod.capture = Capture::sidecar;
    pod.roles.push_back({pod.name + "/sidecar", config});
    loading_.mesh.control_plane.pods.push_back(
        {place, pod.name, pod.service, pod.ip, locality_of(pod), labels, account});
  }

  void add_service(const ServiceEntry& service) {
    std::size_t n = 0;
    for (const PodGroup& group : service.pods) {
      for (std::uint32_t i = 0; i < group.count; ++i, ++n) {
        const std::string& zone = plan_.zones[group.zone].name;
        PodPlan& pod = add_pod(service.name + "-" + zone + "-" + std::to_string(i), service.name, group.zone, i);
        pod.roles.push_back({pod.name + "/workload", service.workload});
        if (loading_.mesh.sidecars) add_sidecar(pod, service.workload.port, service.labels, service.account);
      }
    }
  }

  void add_load_pods() {
    for (const LoadEntry& load : loading_.loads) {
      const std::string name = "load-" + std::to_string(load.config.index);
      PodPlan& pod = add_pod(name, {}, load.zone.value(), 0);
      pod.roles.push_back({name + "/load", load.config});
      if (load.sidecar) add_sidecar(pod, 0, {{"app", name}}, name);
      if (loading_.mesh.sidecars && !load.sidecar) pod.hosts = pod_addresses();
    }
  }

  void add_control_plane() {
    PodPlan& pod = add_pod("control-plane", {}, loading_.mesh.control_plane_zone, 0);
    ControlPlaneConfig config = loading_.mesh.control_plane;
    for (std::size_t k = 0; k < loading_.services.size(); ++k) {
      const ServiceEntry& service = loading_.services[k];
      config.services.push_back({service.name, service.name + kDomain, vip_of(k), service.ports});
    }
    config.destination_rules = loading_.resources.destination_rules;
    const SocketAddress address{pod.ip, config.port};
    pod.roles.push_back({pod.name + "/control-plane", std::move(config)});
    for (PodPlan& other : plan_.pods)
      for (RolePlan& role : other.roles)
        if (auto* sidecar = std::get_if<SidecarConfig>(&role.config)) sidecar->control_plane = address;
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
    if (!loading_.mesh.sidecars) {
      plan_.hosts = pod_addresses();
      return;
    }
    for (std::size_t k = 0; k < loading_.services.size(); ++k)
      for (const std::string& name : names_of(loading_.services[k].name)) plan_.hosts[name] = {vip_of(k)};
  }

  Loading& loading_;
  Plan& plan_;
  std::vector<std::uint32_t> used_;              // addresses given out in each zone
  std::vector<std::vector<std::size_t>> nodes_;  // of each zone
};

}  // namespace

void compile_pods(Loading& loading) {
  PodCompiler(loading).run();
}

}  // namespace meshtwin
