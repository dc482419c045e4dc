#pragma once

// A value for one place of a scenario, said somewhere else than in the scenario itself.

#include <string>

#include "mesh/base/problem.h"
#include "mesh/resource/node.h"

namespace meshtwin {

struct Setting {
  std::string path;  // services.backend.workers
  Place place;       // of the path's first letter
  Node value;
};

}  // namespace meshtwin
