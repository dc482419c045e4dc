#pragma once

// One role on the host's own network, outside any run, until it is told to stop: what `meshtwin proxy` becomes. What
// happens to it is written to standard error, a line each.

#include "mesh/roles/static_proxy.h"

namespace meshtwin {

// Until SIGINT or SIGTERM; the exit code.
int run_standalone(const StaticProxyConfig& config);

}  // namespace meshtwin
