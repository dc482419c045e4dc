#pragma once

// Makes the engine object that a role's configuration describes.

#include <memory>

#include "mesh/roles/plan.h"
#include "mesh/runtime/role.h"

namespace meshtwin {

std::unique_ptr<Role> make_role(const RoleConfig& config, const RoleSurroundings& surroundings);

}  // namespace meshtwin
