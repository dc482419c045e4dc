#pragma once

// Runs the chain of chain.h with every role a process in its pod's namespace, and takes each role's figures from
// outside.

#include "emu/calibrate/chain.h"
#include "emu/calibrate/measurements.h"

namespace meshtwin {

// The two namespaces need capture, the addresses of chain.h, and a way to each other.
ChainFigures run_chain(int client_netns, int server_netns, const ChainShape& shape);
// The same, up to three times where other work on the host disturbs it: the run that had least of that.
ChainFigures run_quiet_chain(int client_netns, int server_netns, const ChainShape& shape);

}  // namespace meshtwin
