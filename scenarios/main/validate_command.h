#pragma once

// `meshtwin validate`: whether files are sound, without a run. Each is a scenario, a sweep, or Kubernetes, Istio,
// Gateway API and lanes' documents; all mistakes are told at once.

#include <string>
#include <vector>

namespace meshtwin {

struct ValidateArguments {
  std::vector<std::string> files;  // folders too: every .yaml, .yml and .json below; -: standard input
  std::vector<std::string> ignore;
  bool json = false;
  bool for_a_run = false;  // what is valid, but not acted on by a run, is refused
};

// 0: all valid; 2: not.
int validate_command(const ValidateArguments& arguments);

}  // namespace meshtwin
