#pragma once

// `meshtwin calibrate`, and the host's own profile for runs in both worlds.

#include <string>

#include "mesh/runtime/cost_profile.h"

namespace meshtwin {

// Measures this host and writes the profile; `out` empty: where runs in both worlds look for it.
int calibrate_command(const std::string& out, int rounds);

// This host's profile: the one kept from before, else measured now and kept. Where that cannot be done, the reference
// profile, saying so.
CostProfile host_profile();

}  // namespace meshtwin
