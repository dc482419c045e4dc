#include "scenarios/main/compare_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "mesh/base/problem.h"
#include "results/present/regression_view.h"
#include "results/regression.h"
#include "results/summary_json.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;

// The summaries of one world in a folder of results, or in folders below it.
std::vector<std::string> summaries_in(const std::string& folder, const std::string& world) {
  std::vector<std::string> found;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(folder, error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    const fs::path& path = entry->path();
    if (path.filename() == "summary.json" && path.parent_path().filename() == world) found.push_back(path.string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string world_of(const CompareArguments& arguments) {
  if (!arguments.world.empty()) return arguments.world;
  for (const char* world : {"emu", "sim"}) {
    if (!summaries_in(arguments.before, world).empty() && !summaries_in(arguments.after, world).empty()) return world;
  }
  return "sim";
}

std::vector<Summary> read_set(const std::string& folder, const std::string& world) {
  const std::vector<std::string> paths = summaries_in(folder, world);
  if (paths.empty()) {
    throw Problem({folder}, "found no " + world +
                                "/summary.json here or below, expected the results of runs; "
                                "meshtwin run FILE --repeat 10 --out " +
                                folder + " makes some");
  }
  std::vector<Summary> set;
  for (const std::string& path : paths) {
    set.push_back(load_summary(path));
    if (set.back().scenario != set.front().scenario)
      throw Problem({path}, "found a run of " + set.back().scenario + " among runs of " + set.front().scenario +
                                ", expected one scenario");
    if (!set.back().valid()) fmt::print(stderr, "warning: {}: the run is not valid\n", path);
  }
  return set;
}

}  // namespace

int compare_command(const CompareArguments& arguments, const Style& style) {
  const std::string world = world_of(arguments);
  const std::vector<Summary> before = read_set(arguments.before, world);
  const std::vector<Summary> after = read_set(arguments.after, world);
  if (before.front().scenario != after.front().scenario) {
    fmt::print(stderr, "warning: {} is held against {}\n", before.front().scenario, after.front().scenario);
  }
  const SetComparison comparison = compare_sets(before, after);
  if (arguments.json) {
    fmt::print("{}", json_of(comparison));
  } else {
    fmt::print("{} · {} · ", before.front().scenario, world == "sim" ? "modelled" : "real");
    fmt::print("{}", view_of(comparison, style));
  }
  return comparison.worse() ? 1 : 0;
}

}  // namespace meshtwin
