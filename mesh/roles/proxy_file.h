#pragma once

// The file that describes one proxy by hand: its certificate, where it listens, whom it sends to. Which keys it has
// depends on the kind: sidecar, ztunnel or gateway.

#include <string>

#include "mesh/roles/static_proxy.h"

namespace meshtwin {

// Files it names are looked for beside it. Throws Problems.
StaticProxyConfig load_proxy_file(const std::string& kind, const std::string& path);

}  // namespace meshtwin
