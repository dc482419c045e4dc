#pragma once

// Makes the engine object that a role's configuration describes. Worlds take a factory, so that their own tests can run
// roles small enough to see through.

#include <functional>
#include <memory>

#include "mesh/roles/plan.h"
#include "mesh/runtime/role.h"

namespace meshtwin {

using RoleFactory = std::function<std::unique_ptr<Role>(const RoleConfig&, const RoleSurroundings&)>;

// The factory of every role meshtwin has.
std::unique_ptr<Role> make_role(const RoleConfig& config, const RoleSurroundings& surroundings);

}  // namespace meshtwin
