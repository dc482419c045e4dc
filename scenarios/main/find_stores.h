#pragma once

// The stores of a run, wherever the user points: at the run's folder, at one world's folder in it, or at the file.

#include <string>
#include <vector>

#include "results/store_query.h"

namespace meshtwin {

// At most one of each world; `world` empty: every world there is. A finished one is taken rather than one that is
// unfinished, which the standard error is told of. Throws Problem when there is none.
std::vector<StoreFile> find_stores(const std::string& run, const std::string& world);

}  // namespace meshtwin
