#pragma once

// VirtualServices that hand parts of their routes to others: the delegate's routes take the place of the one that names
// it, each under what both match. Istio's rules of merging.

#include <vector>

#include "mesh/resource/virtual_service.h"

namespace meshtwin {

// Without those that are only delegates. A delegate's route that could not match under the root's is left out.
std::vector<VirtualService> merge_delegates(const std::vector<VirtualService>& services);

}  // namespace meshtwin
