#pragma once

// The runs that a sweep is made of, each with a folder of its own, named by everything that its results follow from:
// the texts of the scenario, its settings, seed, cost profile, and the program itself. A run whose folder is there has
// been made; one that changed has another folder.

#include <cstdint>
#include <string>
#include <vector>

#include "mesh/runtime/cost_profile.h"
#include "scenarios/sweep.h"

namespace meshtwin {

struct SweepRun {
  std::size_t point = 0;
  std::string world;
  std::uint64_t seed = 0;
  int repeat = 1;
  std::string identity;  // what the folder's name is a hash of: the content of its run.json
  std::string folder;    // OUT/runs/<hash>

  bool emulated() const { return world == "emu"; }
  bool is_done() const;
};

// In the order of the sweep's points, then world, seed, repeat.
std::vector<SweepRun> runs_of(const Sweep& sweep, const CostProfile& profile, const std::string& out);

// Makes the run, as it will be found by is_done: its folder appears complete or not at all. A real one that is not
// valid is made once more. Throws Problems, WorldError, ResultsError.
void make_run(const Sweep& sweep, const SweepRun& run, const CostProfile& profile);

// What a sweep that was killed left half done.
void remove_unfinished(const std::string& out);

}  // namespace meshtwin
