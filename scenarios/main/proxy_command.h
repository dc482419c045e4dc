#pragma once

// `meshtwin proxy`: one proxy by hand, outside any scenario.

#include <string>

namespace meshtwin {

extern const char* const kProxyHelp;

// Becomes the proxy: returns only where that cannot be done.
int proxy_command(const std::string& kind, const std::string& file);

}  // namespace meshtwin
