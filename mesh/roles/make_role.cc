#include "mesh/control/control_plane.h"
#include "mesh/proxy/sidecar.h"
#include "mesh/roles/role.h"
#include "mesh/workload/load_generator.h"
#include "mesh/workload/workload.h"

namespace meshtwin {
namespace {

struct Maker {
  const RoleSurroundings& surroundings;

  std::unique_ptr<Role> operator()(const WorkloadConfig& config) { return std::make_unique<Workload>(config, surroundings); }
  std::unique_ptr<Role> operator()(const SidecarConfig& config) { return std::make_unique<Sidecar>(config, surroundings); }
  std::unique_ptr<Role> operator()(const ControlPlaneConfig& config) {
    return std::make_unique<ControlPlane>(config, surroundings);
  }
  std::unique_ptr<Role> operator()(const LoadConfig& config) {
    return std::make_unique<LoadGenerator>(config, surroundings);
  }
};

struct Kind {
  std::string_view operator()(const WorkloadConfig&) { return "workload"; }
  std::string_view operator()(const SidecarConfig&) { return "sidecar"; }
  std::string_view operator()(const ControlPlaneConfig&) { return "control-plane"; }
  std::string_view operator()(const LoadConfig&) { return "load"; }
};

}  // namespace

std::unique_ptr<Role> make_role(const RoleConfig& config, const RoleSurroundings& surroundings) {
  return std::visit(Maker{surroundings}, config);
}

std::string_view kind_of(const RoleConfig& config) { return std::visit(Kind{}, config); }

std::map<std::uint32_t, std::uint32_t> pods_by_ip(const Plan& plan) {
  std::map<std::uint32_t, std::uint32_t> places;
  for (std::size_t i = 0; i < plan.pods.size(); ++i) places[plan.pods[i].ip] = static_cast<std::uint32_t>(i);
  return places;
}

}  // namespace meshtwin
