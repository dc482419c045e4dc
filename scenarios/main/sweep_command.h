#pragma once

// `meshtwin sweep FILE`: a scenario at every combination of some settings, as one table and its plots.

#include <cstddef>
#include <string>

#include "results/present/style.h"

namespace meshtwin {

struct SweepArguments {
  std::string file;
  std::string out;       // empty: runs/<sweep>
  std::string profile;   // as of `meshtwin run`
  std::string csv;       // another place for the table; empty: none
  std::size_t jobs = 0;  // simulations at once; 0: as many as there are cores
  bool json = false;
  bool plot = false;
  bool dry_run = false;
  bool again = false;  // runs that were not valid are made once more
};

// 0 all runs are there and valid, 3 some are not valid, 4 some could not be made, 130 interrupted. Throws Problems,
// Problem, ResultsError.
int sweep_command(const SweepArguments& arguments, const Style& style);

}  // namespace meshtwin
