#pragma once

// What a proxy must refuse of a cluster it is told of, on either wire, because balancing could not act on it.

#include <string>

#include "mesh/traffic/config.h"

namespace meshtwin {

std::string mistake_in(const ClusterConfig& cluster);  // empty: there is none

}  // namespace meshtwin
