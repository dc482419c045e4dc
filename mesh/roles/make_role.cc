#include "mesh/roles/make_role.h"

#include "mesh/control/control_plane.h"
#include "mesh/proxy/gateway.h"
#include "mesh/proxy/sidecar.h"
#include "mesh/proxy/waypoint.h"
#include "mesh/proxy/ztunnel.h"
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
  std::unique_ptr<Role> operator()(const ProgramConfig& config) {
    return std::make_unique<Workload>(config.model, surroundings);
  }
  std::unique_ptr<Role> operator()(const ZtunnelConfig& config) {
    return std::make_unique<Ztunnel>(config, surroundings);
  }
  std::unique_ptr<Role> operator()(const WaypointConfig& config) {
    return std::make_unique<Waypoint>(config, surroundings);
  }
  std::unique_ptr<Role> operator()(const GatewayConfig& config) {
    return std::make_unique<Gateway>(config, surroundings);
  }
};

}  // namespace

std::unique_ptr<Role> make_role(const RoleConfig& config, const RoleSurroundings& surroundings) {
  return std::visit(Maker{surroundings}, config);
}

}  // namespace meshtwin
