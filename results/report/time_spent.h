#pragma once

// Where the time went, for the page: the parts of the mean, p50 and p99 of each world, as `meshtwin explain` finds
// them.

#include <string>

#include "results/json_units.h"

namespace meshtwin {

// {FIGURE: {"averaged", "requests", "figure_ms", "parts": {PART: ms}, "hops": [{"hop", "parts": {PART: ms}}]}}; parts
// of nothing are left out. Empty without sampled requests. Throws Problem.
Json time_spent_json(const std::string& store);

}  // namespace meshtwin
