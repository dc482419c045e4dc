#pragma once

// A role's configuration as JSON, to hand it to the role's process. Both sides are the same build: the form is not kept
// stable and every field must be there.

#include <string>
#include <string_view>

#include "mesh/roles/plan.h"

namespace meshtwin {

std::string to_json_text(const RoleConfig& config);
// Throws std::exception with the reason when the text is not what `to_json_text` gives.
RoleConfig role_config_from_json(std::string_view text);

}  // namespace meshtwin
