#pragma once

// A sweep while it is being loaded, in the order of the parts below: what the file says, then what comes of it when the
// scenario is loaded at every point, then what may be said of the results.

#include <map>
#include <set>
#include <string>

#include "mesh/base/problems.h"
#include "mesh/resource/node.h"
#include "scenarios/sweep.h"

namespace meshtwin {

struct SweepLoading {
  const Node& root;
  ProblemList& problems;
  std::string file;
  Sweep sweep{};
  bool overlapping = false;  // axes undo each other: what comes of the points would only confuse
  // Of all points together: what figures may speak of.
  std::set<std::string> kinds{}, services{}, zones{};

  void problem(const Node& at, const std::string& message) { problems.add(at.place(), message); }
};

void load_sweep_axes(SweepLoading& loading);     // set, vary, cases
void load_sweep_points(SweepLoading& loading);   // the scenario at every point; the seeds
void load_sweep_figures(SweepLoading& loading);  // figures, plot

}  // namespace meshtwin
