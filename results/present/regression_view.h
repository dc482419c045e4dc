#pragma once

#include <string>

#include "results/present/style.h"
#include "results/regression.h"

namespace meshtwin {

// A table of all figures, what moved marked, and in words what that means.
std::string view_of(const SetComparison& comparison, const Style& style);
std::string json_of(const SetComparison& comparison);

}  // namespace meshtwin
