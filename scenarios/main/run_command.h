#pragma once

// `meshtwin run`: a scenario in one world or both, its results in a folder and on the terminal.

#include <string>
#include <vector>

#include "results/present/style.h"
#include "scenarios/scenario.h"

namespace meshtwin {

struct RunArguments {
  std::string file;
  std::string world = "both";  // sim | emu | both
  LoadOptions load;
  std::string out;           // empty: runs/<scenario>
  std::string profile;       // empty: this host's with both worlds, else the reference profile
  bool model_error = false;  // with both worlds: also the paired runs that the model's error needs
  int repeat = 1;            // so many, with the seeds that follow
  bool json = false;
  bool hold = false;
};

// The exit code: 0 all well, 1 an expectation failed, 3 a run was invalid. Throws Problems, Problem, WorldError,
// ResultsError.
int run_command(const RunArguments& arguments, const Style& style);

}  // namespace meshtwin
