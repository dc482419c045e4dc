#pragma once

#include <string>

#include "mesh/runtime/cost_profile.h"

namespace meshtwin {

// The committed one (results/profiles/reference.json), built into the program.
CostProfile reference_profile();
// Throws Problem.
CostProfile load_profile(const std::string& path);

}  // namespace meshtwin
