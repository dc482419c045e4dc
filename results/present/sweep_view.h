#pragma once

// A sweep as text for a terminal: the medians of every point, and each plot as a table of its lines.

#include <string>

#include "results/present/style.h"
#include "results/present/sweep_plot.h"
#include "results/sweep_table.h"

namespace meshtwin {

std::string view_of(const SweepTable& table, const Style& style);
std::string view_of(const SweepTable& table, const Plot& plot, const Style& style);

}  // namespace meshtwin
