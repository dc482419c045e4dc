#pragma once

// A host is not the same from one minute to the next: how deeply its cores sleep and what its neighbours leave of the
// caches moves everything by half. So where the model is held against a real run, calibration's chains are run right
// before and right after it, and two numbers of the host's profile follow them: how dear all work is, and how long it
// takes to wake up.

#include <vector>

#include "emu/calibrate/measurements.h"
#include "mesh/runtime/cost_profile.h"

namespace meshtwin {

class HostNow {
 public:
  // Measures for some seconds. A host that cannot (no namespaces) is left out with a warning.
  void look();
  // `profile`, as the looks together say it was; unchanged without any.
  CostProfile seen(CostProfile profile) const;

 private:
  std::vector<ChainSet> looks_;
};

}  // namespace meshtwin
