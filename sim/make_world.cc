#include "mesh/roles/make_role.h"
#include "sim/world.h"

namespace meshtwin {

std::unique_ptr<World> make_sim_world(const Plan& plan, SimOptions options, Recorder& recorder) {
  return make_sim_world(
      plan, std::move(options), recorder,
      [](const RoleConfig& config, const RoleSurroundings& surroundings) { return make_role(config, surroundings); });
}

}  // namespace meshtwin
