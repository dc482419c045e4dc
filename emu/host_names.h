#pragma once

// Names inside a run: /etc/hosts of the mount namespace of its supervisor, which all its processes share. Nothing of
// the host's file is touched.

#include <string>

namespace meshtwin {

// Throws std::system_error. Only in a mount namespace of one's own.
void put_host_names(const std::string& lines);

}  // namespace meshtwin
