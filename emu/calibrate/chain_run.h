#pragma once

// Runs the chain of chain.h with every role a process in its pod's namespace, and takes each role's figures from
// outside.

#include <vector>

#include "emu/calibrate/chain.h"
#include "emu/calibrate/measurements.h"

namespace meshtwin {

// Namespaces of a chain's two pods, with the addresses of chain.h, a way to each other, and capture for sidecars.
struct ChainPods {
  int client = -1;
  int server = -1;
};
// One chain for each entry, all at once; the figures are of the first.
ChainFigures run_chains(const std::vector<ChainPods>& pods, const ChainShape& shape);
// The same, up to three times where other work on the host disturbs it: the run that had least of that.
ChainFigures run_quiet_chains(const std::vector<ChainPods>& pods, const ChainShape& shape);

}  // namespace meshtwin
