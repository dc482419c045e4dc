#include "mesh/roles/make_role.h"

#include <stdexcept>

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
  std::unique_ptr<Role> operator()(const ProgramConfig& config) {
    return std::make_unique<Workload>(config.model, surroundings);
  }
  std::unique_ptr<Role> operator()(const ZtunnelConfig&) { throw std::logic_error("no ztunnel yet"); }
  std::unique_ptr<Role> operator()(const WaypointConfig&) { throw std::logic_error("no waypoint yet"); }
  std::unique_ptr<Role> operator()(const GatewayConfig&) { throw std::logic_error("no gateway yet"); }
};

}  // namespace

std::unique_ptr<Role> make_role(const RoleConfig& config, const RoleSurroundings& surroundings) {
  return std::visit(Maker{surroundings}, config);
}

}  // namespace meshtwin
