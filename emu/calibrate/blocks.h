#pragma once

// Other work on the host disturbs a measurement in one direction only: it takes longer. So each measurement is made in
// many short blocks, and what counts is the median over the quarter of them that took the least wall time.

#include <vector>

namespace meshtwin {

double median(std::vector<double> values);  // not empty

// For each figure (a column) its median over the quiet blocks. `blocks`: rows; column 0 is the wall time of a block.
std::vector<double> quiet_medians(std::vector<std::vector<double>> blocks);

// Likewise over all blocks, for what is measured only while the host is quiet (host_time.h): there the cheapest are a
// choice, not the truth.
std::vector<double> all_medians(const std::vector<std::vector<double>>& blocks);

}  // namespace meshtwin
