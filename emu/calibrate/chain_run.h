#pragma once

// Runs the chain of chain.h with every role a process in its pod's namespace, and takes each role's figures from
// outside.

#include <array>

#include "emu/calibrate/chain.h"
#include "emu/calibrate/measurements.h"

namespace meshtwin {

struct ChainFigures {
  std::array<RoleFigures, kChainRoles> roles;  // for each request
  double latency_p50 = 0;
  double latency_mean = 0;
  double answered = 0;  // requests in all
  double failed = 0;
};

// The two namespaces need capture, the addresses of chain.h, and a way to each other.
ChainFigures run_chain(int client_netns, int server_netns, const ChainShape& shape);

}  // namespace meshtwin
