#pragma once

// The parts a view is put together from. Each is whole lines, or empty when there is nothing to show; each takes the
// worlds that were run, one or both, and gives a column to each.

#include <string>
#include <vector>

#include "results/comparison.h"
#include "results/present/style.h"
#include "results/summary.h"

namespace meshtwin {

using Worlds = std::vector<const Summary*>;  // one, or the simulator's and then the emulator's

std::string title_block(const Worlds& worlds, const Style& style);
std::string title_block(const Comparison& comparison, const Style& style);  // of several repeats
std::string validity_block(const Worlds& worlds, const Style& style);
std::string validity_block(const Comparison& comparison, const Style& style);
std::string expectation_block(const Worlds& worlds, const Style& style);

// Latency and success by phase: of one world, or of both with the model's error.
std::string phase_block(const Summary& run, const Style& style);
std::string phase_block(const Comparison& comparison, const Worlds& worlds, const Style& style);

// Counts, failures by reason, failover, processor time.
std::string fact_block(const Worlds& worlds, const Style& style);
// Which zone answered, by phase.
std::string share_block(const Worlds& worlds, const Style& style);
// The golden signals of each service in each zone.
std::string signal_block(const Worlds& worlds, const Style& style);
// What links were asked for and what they did.
std::string link_block(const Worlds& worlds, const Style& style);

// Latency over time, and for services whose zones fail, zone shares over time.
std::string chart_block(const Worlds& worlds, const Style& style);

// How far the two distributions of latency are apart, in a line.
std::string distance_line(const Comparison& comparison, const Style& style);
// Every error of the model beside the null model's and the emulator's own, of one run or, with intervals, of several.
std::string model_block(const Comparison& comparison, const Style& style);
// The expectations of the model's error.
std::string model_expectation_block(const Comparison& comparison, const Style& style);

}  // namespace meshtwin
