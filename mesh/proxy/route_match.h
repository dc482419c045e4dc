#pragma once

// Which virtual host and which route a request takes. Domains match as Envoy's do: the exact name first, then the
// longest
// "*.suffix", then the longest "prefix.*", then "*". A port in the authority is ignored where no domain has it.

#include <string_view>

#include "mesh/traffic/config.h"

namespace meshtwin {

// Null when none matches.
const VirtualHost* find_virtual_host(const RouteConfig& routes, std::string_view authority);
// The first whose prefix the path has; null when none.
const RouteConfigEntry* find_route(const VirtualHost& host, std::string_view path);

}  // namespace meshtwin
