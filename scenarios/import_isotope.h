#pragma once

// Istio's isotope describes call graphs of mock services; this writes one as a scenario, which is then run or edited.
// Isotope knows no zones: the replicas of each service are spread over two.

#include <string>

namespace meshtwin {

// `replicas`: of every service, instead of what the file says; 0: as the file says. Throws Problem or Problems.
std::string import_isotope(const std::string& path, unsigned replicas);

}  // namespace meshtwin
