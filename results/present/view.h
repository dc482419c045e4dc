#pragma once

// A run, or the same scenario in both worlds beside each other, as text for a terminal.

#include <string>

#include "results/comparison.h"
#include "results/present/style.h"
#include "results/summary.h"

namespace meshtwin {

std::string view_of(const Summary& run, const Style& style);

// `sim` and `emu` are the runs compared.
std::string view_of(const Comparison& comparison, const Summary& sim, const Summary& emu, const Style& style);

}  // namespace meshtwin
