#pragma once

// Where the runs are that somebody asks a report of: a folder of results holds `sim` and `emu`, a folder of repeats one
// such folder for each seed.

#include <string>
#include <vector>

namespace meshtwin {

struct RunPlace {
  std::string path;  // holds sim/run.sqlite, emu/run.sqlite or both
  std::string name;  // as the page calls it: the path as given, without what says nothing

  // Where the world's results are: of a run that has not ended, or was killed, what it has written so far. Empty: there
  // is nothing of this world.
  std::string folder_of(const std::string& world) const;
  bool has_any() const { return !folder_of("sim").empty() || !folder_of("emu").empty(); }
};

// Those in `path`: itself, or those below it. A path to one world's folder or its store stands for that run. Throws
// Problem when there is none.
std::vector<RunPlace> run_places_in(const std::string& path);

}  // namespace meshtwin
