#pragma once

// The stores of a run that a command is given: RUN is a folder of results (with sim or emu below it), the folder of one
// world, or a store itself. A run that goes on, or was killed, has its store in <world>.unfinished.

#include <string>
#include <vector>

namespace meshtwin {

struct StoreFile {
  std::string file;    // run.sqlite
  std::string folder;  // in which it is
};

// At least one, the modelled world first. Throws Problem.
std::vector<StoreFile> stores_in(const std::string& run);

}  // namespace meshtwin
