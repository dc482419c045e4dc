#pragma once

// Runs the chain of chain.h with every role a process in its pod's namespace, and takes each role's figures from
// outside.

#include "emu/calibrate/chain.h"
#include "emu/calibrate/measurements.h"

namespace meshtwin {

// Namespaces of a chain's two pods, with the addresses of chain.h, a way to each other, and capture for sidecars.
struct ChainPods {
  int client = -1;
  int server = -1;
};
// Alone: beside others, which keep the cores awake, everything it does costs a third less.
ChainFigures run_chain(const ChainPods& pods, const ChainShape& shape);
// The same, up to three times where other work on the host disturbs it: the run that had least of that.
ChainFigures run_quiet_chain(const ChainPods& pods, const ChainShape& shape);

}  // namespace meshtwin
