#include "scenarios/main/find_stores.h"

#include <fmt/format.h>

#include <filesystem>

#include "mesh/base/problem.h"
#include "results/run_folder.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;

// Which world it is of, and whether it is finished, stands in the store itself.
StoreFile store_at(const fs::path& path) {
  const Database database(path.string(), SqlMode::read_only);
  const auto fact = [&database](const std::string& key) {
    return query_text(database, "SELECT value FROM meta WHERE key = '" + key + "'").value_or("");
  };
  const std::string world = fact("world");
  if (world != "sim" && world != "emu") throw Problem({path.string()}, "is no store of a run");
  return {world, path.string(), fact("state") != "complete"};
}

StoreFile checked(const fs::path& path) {
  try {
    return store_at(path);
  } catch (const SqlError& error) {
    throw Problem({}, std::string(error.what()) + "; expected the store of a run, as meshtwin run writes it");
  }
}

std::vector<fs::path> candidates(const fs::path& run, const std::string& wanted) {
  if (fs::is_regular_file(run)) return {run};
  if (fs::is_regular_file(run / kStoreName)) return {run / kStoreName};
  std::vector<fs::path> paths;
  for (const std::string world : {"sim", "emu"}) {
    if (!wanted.empty() && world != wanted) continue;
    const fs::path finished = run / world / kStoreName;
    const fs::path unfinished = run / (world + ".unfinished") / kStoreName;
    if (fs::is_regular_file(finished)) {
      paths.push_back(finished);
      if (fs::is_regular_file(unfinished))
        fmt::print(stderr, "note: {} is taken; a later run is unfinished, in {}\n", finished.string(),
                   unfinished.string());
    } else if (fs::is_regular_file(unfinished)) {
      paths.push_back(unfinished);
    }
  }
  return paths;
}

}  // namespace

std::vector<StoreFile> find_stores(const std::string& run, const std::string& world) {
  std::vector<StoreFile> stores;
  for (const fs::path& path : candidates(run, world)) {
    StoreFile store = checked(path);
    if (!world.empty() && store.world != world) continue;
    if (store.unfinished)
      fmt::print(stderr, "note: {} is unfinished: its run was killed, or still goes on; this is what it has got\n",
                 store.path);
    stores.push_back(std::move(store));
  }
  if (!stores.empty()) return stores;
  const std::string where = world.empty() ? "sim/run.sqlite nor emu/run.sqlite" : world + "/run.sqlite";
  throw Problem({run},
                fmt::format("found {}{} here, expected the results of a run; meshtwin run FILE --out {} makes some",
                            world.empty() ? "neither " : "no ", where, run));
}

}  // namespace meshtwin
