#include "scenarios/main/profiles.h"

#include <fstream>
#include <sstream>

#include "generated/reference_profile.h"
#include "mesh/base/problem.h"

namespace meshtwin {

CostProfile reference_profile() {
  return parse_cost_profile(kReferenceProfile, "results/profiles/reference.json");
}

CostProfile load_profile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw Problem({path}, "cannot be read; expected a cost profile, as `meshtwin calibrate` writes it");
  return parse_cost_profile(text.str(), path);
}

}  // namespace meshtwin
