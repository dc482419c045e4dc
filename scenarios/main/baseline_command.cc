#include "scenarios/main/baseline_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "mesh/base/problem.h"
#include "mesh/base/random.h"
#include "mesh/resource/yaml.h"
#include "results/baseline.h"
#include "results/fingerprint.h"
#include "results/present/baseline_view.h"
#include "scenarios/main/paired_baseline_command.h"
#include "scenarios/main/profiles.h"
#include "scenarios/main/run_one.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBaselineBytesMost = 16 << 20;

std::string baseline_path(const std::string& folder, const std::string& scenario) {
  return (fs::path(folder) / (scenario + ".json")).string();
}

Baseline read_baseline(const std::string& path, const std::string& scenario_file) {
  if (!fs::exists(path)) {
    throw Problem({path}, "there is no such baseline; meshtwin baseline update " + scenario_file + " makes it");
  }
  return parse_baseline(read_text_file(path, kBaselineBytesMost), path);
}

struct Fresh {
  Baseline baseline;
  double wall_s = 0;
};

// Always over the reference profile: a host's own would make the baseline that host's.
Fresh run_now(const std::string& file, const std::vector<std::string>& settings) {
  const Scenario scenario = load_scenario(file, {settings});
  const CostProfile profile = reference_profile();
  const FinishedRun run = run_one(scenario, WorldKind::sim, profile, {scenario.name});
  Fresh fresh{baseline_of(run.summary, file, hex(hash_text(to_json(profile)))),
              static_cast<double>(run.environment.wall) / kSecond};
  fresh.baseline.settings = settings;
  return fresh;
}

std::vector<std::string> files_with_baselines(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".json") continue;
    const std::string path = entry.path().string();
    files.push_back(parse_baseline(read_text_file(path, kBaselineBytesMost), path).file);
  }
  if (files.empty()) {
    throw Problem({folder}, "there are no baselines here; meshtwin baseline update FILE makes the first");
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string folder_of(const BaselineArguments& arguments) {
  return arguments.folder.empty() ? "results/baselines" : arguments.folder;
}

CheckedBaseline check_one(const std::string& file, const BaselineArguments& arguments) {
  const std::string name = load_scenario(file, {}).name;
  const Baseline before = read_baseline(baseline_path(folder_of(arguments), name), file);
  std::vector<std::string> settings = before.settings;
  settings.insert(settings.end(), arguments.set.begin(), arguments.set.end());
  const Fresh now = run_now(file, settings);
  return {name,
          file,
          now.baseline.figures.size(),
          before.fingerprint,
          now.baseline.fingerprint,
          difference(before, now.baseline),
          now.wall_s};
}

}  // namespace

int baseline_check_command(const BaselineArguments& arguments, const Style& style) {
  if (arguments.world == "emu") return paired_check_command(arguments, style);
  const std::vector<std::string> files =
      arguments.files.empty() ? files_with_baselines(folder_of(arguments)) : arguments.files;
  std::vector<CheckedBaseline> checked;
  for (const std::string& file : files) checked.push_back(check_one(file, arguments));
  const std::size_t most = arguments.most == 0 ? std::numeric_limits<std::size_t>::max() : arguments.most;
  if (!arguments.junit.empty()) write_file(arguments.junit, junit_of(checked));
  fmt::print("{}", arguments.json ? json_of(checked) : view_of(checked, most, style));
  if (arguments.github) fmt::print("{}", annotations_of(checked));
  const bool same =
      std::all_of(checked.begin(), checked.end(), [](const CheckedBaseline& one) { return one.difference.none(); });
  if (!same && !arguments.json) {
    fmt::print(stderr, "if that is how it should be now: meshtwin baseline update FILE…, and commit what it writes\n");
  }
  return same ? 0 : 1;
}

int baseline_update_command(const BaselineArguments& arguments, const Style& style) {
  if (arguments.world == "emu") return paired_update_command(arguments, style);
  for (const std::string& file : arguments.files) {
    const Fresh now = run_now(file, arguments.set);
    const std::string path = baseline_path(folder_of(arguments), now.baseline.scenario);
    const std::string text = to_json(now.baseline);
    const bool known = fs::exists(path);
    const bool same = known && read_text_file(path, kBaselineBytesMost) == text;
    if (!same) write_file(path, text);
    fmt::print("{}  {}: {} figures, {}\n",
               painted(same    ? "as it was"
                       : known ? "updated  "
                               : "new      ",
                       same ? Paint::dim : Paint::bold, style),
               path, now.baseline.figures.size(), now.baseline.fingerprint);
  }
  return 0;
}

}  // namespace meshtwin
