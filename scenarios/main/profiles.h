#pragma once

// Where the simulator's costs come from: the committed reference profile, so that simulated results are the same
// everywhere; or this host's own, measured once and kept, when a run is to be held against reality here.

#include <string>

#include "mesh/runtime/cost_profile.h"

namespace meshtwin {

// The committed one (results/profiles/reference.json), built into the program.
CostProfile reference_profile();
// Throws Problem.
CostProfile load_profile(const std::string& path);

// $XDG_CACHE_HOME/meshtwin (or ~/.cache/meshtwin) /<processor and kernel>.json; empty where there is no such folder to
// be.
std::string host_profile_path();

}  // namespace meshtwin
