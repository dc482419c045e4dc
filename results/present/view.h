#pragma once

// A run, or the same scenario in both worlds beside each other, as text for a terminal.

#include <string>

#include "results/comparison.h"
#include "results/present/style.h"
#include "results/summary.h"

namespace meshtwin {

std::string view_of(const Summary& run, const Style& style);

// Several repeats in both worlds, combined.
std::string view_of(const Comparison& comparison, const Style& style);

// `sim` and `emu` are the runs compared. With `model_error`: every error with its yardsticks.
std::string view_of(const Comparison& comparison, const Summary& sim, const Summary& emu, const Style& style,
                    bool model_error = false);

}  // namespace meshtwin
