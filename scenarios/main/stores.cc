#include "scenarios/main/stores.h"

#include <filesystem>

#include "mesh/base/problem.h"
#include "results/run_folder.h"

namespace meshtwin {

namespace fs = std::filesystem;

std::vector<StoreFile> stores_in(const std::string& run) {
  std::error_code error;
  const fs::path given(run);
  if (fs::is_regular_file(given, error)) return {{run, given.parent_path().string()}};
  if (fs::exists(given / kStoreName, error)) return {{(given / kStoreName).string(), run}};
  std::vector<StoreFile> found;
  for (const char* world : {"sim", "emu"}) {
    for (const std::string& name : {std::string(world), std::string(world) + ".unfinished"}) {
      const fs::path folder = given / name;
      if (!fs::exists(folder / kStoreName, error)) continue;
      found.push_back({(folder / kStoreName).string(), folder.string()});
      break;
    }
  }
  if (found.empty()) {
    throw Problem({run}, "found no " + std::string(kStoreName) +
                             " here, nor in sim or emu below, expected the results of a run; meshtwin run FILE --out " +
                             run + " makes some");
  }
  return found;
}

}  // namespace meshtwin
