#include "mesh/roles/plan.h"

#include <algorithm>

namespace meshtwin {
namespace {

struct Kind {
  std::string_view operator()(const WorkloadConfig&) { return "workload"; }
  std::string_view operator()(const SidecarConfig&) { return "sidecar"; }
  std::string_view operator()(const ControlPlaneConfig&) { return "control-plane"; }
  std::string_view operator()(const LoadConfig&) { return "load"; }
  std::string_view operator()(const ZtunnelConfig&) { return "ztunnel"; }
  std::string_view operator()(const WaypointConfig&) { return "waypoint"; }
  std::string_view operator()(const GatewayConfig&) { return "gateway"; }
  std::string_view operator()(const ProgramConfig&) { return "program"; }
};

}  // namespace

std::string_view kind_of(const RoleConfig& config) {
  return std::visit(Kind{}, config);
}

bool is_application(const RoleConfig& config) {
  return std::holds_alternative<WorkloadConfig>(config) || std::holds_alternative<ProgramConfig>(config);
}

bool is_proxy_of(const RolePlan& role, std::size_t pod, std::size_t role_pod) {
  if (std::find(role.reaches.begin(), role.reaches.end(), pod) != role.reaches.end()) return true;
  return role_pod == pod && std::holds_alternative<SidecarConfig>(role.config);
}

const std::vector<std::uint32_t>* find_host(const Plan& plan, std::size_t pod, std::string_view name) {
  for (const Hosts* hosts : {&plan.pods[pod].hosts, &plan.hosts}) {
    const auto found = hosts->find(name);
    if (found != hosts->end()) return &found->second;
  }
  return nullptr;
}

Hosts hosts_of(const Plan& plan, std::size_t pod) {
  Hosts hosts = plan.pods[pod].hosts;
  hosts.insert(plan.hosts.begin(), plan.hosts.end());
  return hosts;
}

std::map<std::uint32_t, std::uint32_t> pods_by_ip(const Plan& plan) {
  std::map<std::uint32_t, std::uint32_t> places;
  for (std::size_t i = 0; i < plan.pods.size(); ++i) places[plan.pods[i].ip] = static_cast<std::uint32_t>(i);
  return places;
}

}  // namespace meshtwin
