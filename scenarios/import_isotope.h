#pragma once

// Istio's isotope describes call graphs of mock services; this writes one as a scenario, which is then run or edited.
// Isotope knows no zones: the replicas of each service are spread over two, or stay in one.

#include <string>

namespace meshtwin {

struct IsotopeOptions {
  unsigned replicas = 0;  // of every service, instead of what the file says; 0: as the file says
  unsigned zones = 2;     // 1 or 2
};

// Throws Problem or Problems.
std::string import_isotope(const std::string& path, IsotopeOptions options);

}  // namespace meshtwin
