#include "mesh/roles/make_role.h"
#include "mesh/control/control_plane.h"
#include "mesh/proxy/sidecar.h"
#include "mesh/workload/load_generator.h"
#include "mesh/workload/workload.h"

namespace meshtwin {
namespace {

struct Maker {
  const RoleSurroundings& surroundings;

  std::unique_ptr<Role> operator()(const WorkloadConfig& config) {
    return std::make_unique<Workload>(config, surroundings);
  }
  std::unique_ptr<Role> operator()(const SidecarConfig& config) {
    return std::make_unique<Sidecar>(config, surroundings);
  }
  std::unique_ptr<Role> operator()(const ControlPlaneConfig& config) {
    return std::make_unique<ControlPlane>(config, surroundings);
  }
  std::unique_ptr<Role> operator()(const LoadConfig& config) {
    return std::make_unique<LoadGenerator>(config, surroundings);
  }
};

}  // namespace

std::unique_ptr<Role> make_role(const RoleConfig& config, const RoleSurroundings& surroundings) {
  return std::visit(Maker{surroundings}, config);
}

}  // namespace meshtwin
