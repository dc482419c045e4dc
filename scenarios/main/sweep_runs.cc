#include "scenarios/main/sweep_runs.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "mesh/base/random.h"
#include "results/fingerprint.h"
#include "results/run_folder.h"
#include "scenarios/axis_values.h"
#include "scenarios/main/run_one.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;

constexpr int kIdentitySchema = 1;
constexpr const char* kUnfinished = ".unfinished";

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

// Of this program, and of the one that the emulator's roles run.
std::string program_fingerprint(const std::string& world) {
  const fs::path self = fs::read_symlink("/proc/self/exe");
  std::uint64_t hash = hash_text(content_of(self));
  if (world == "emu") hash = hash_mix(hash, hash_text(content_of(self.parent_path() / "meshtwin-role")));
  return hex(hash);
}

// What its results follow from. The order of the settings does not matter, since no two of them touch the same value.
std::string identity_of(const Sweep& sweep, const SweepRun& run, const std::string& profile,
                        const std::string& program) {
  const Sweep::Point& point = sweep.points[run.point];
  std::map<std::string, std::string> settings;
  for (const Setting& setting : options_of(sweep, point).settings) settings[setting.path] = flow_text(setting.value);
  nlohmann::ordered_json json;
  json["schema"] = kIdentitySchema;
  json["sources"] = hex(point.sources);
  json["settings"] = settings;
  json["world"] = run.world;
  json["seed"] = run.seed;
  json["repeat"] = run.repeat;
  if (!run.emulated()) json["profile"] = profile;
  json["program"] = program;
  return json.dump(2) + "\n";
}

// What was run, for the store.
std::map<std::string, std::string> settings_of(const Sweep& sweep, const LoadOptions& options) {
  std::string overrides;
  for (const Setting& setting : options.settings) overrides += setting.path + '=' + flow_text(setting.value) + '\n';
  return {{"file", sweep.scenario_file}, {"settings", sweep.scenario_text}, {"overrides", overrides}};
}

FinishedRun run_once(const Sweep& sweep, const SweepRun& run, const CostProfile& profile, const std::string& folder) {
  const Sweep::Point& point = sweep.points[run.point];
  LoadOptions options = options_of(sweep, point);
  options.seed = static_cast<std::int64_t>(run.seed);
  const Scenario scenario = load_scenario_text(sweep.scenario_text, sweep.scenario_file, options);
  if (scenario.sources != point.sources)
    throw ResultsError("a file that " + sweep.scenario_file + " names was changed while the sweep went on");
  RunOptions how{run.world, false, folder, settings_of(sweep, options)};
  return run_one(scenario, run.emulated() ? WorldKind::emu : WorldKind::sim, profile, how);
}

}  // namespace

bool SweepRun::is_done() const {
  return content_of(fs::path(folder) / "run.json") == identity;
}

std::vector<SweepRun> runs_of(const Sweep& sweep, const CostProfile& profile, const std::string& out) {
  std::vector<SweepRun> runs;
  const std::string spent = hex(hash_text(to_json(profile)));
  std::map<std::string, std::string> programs;
  for (const std::string& world : sweep.worlds) programs[world] = program_fingerprint(world);
  for (std::size_t point = 0; point < sweep.points.size(); ++point) {
    for (const std::string& world : sweep.worlds) {
      for (const std::uint64_t seed : sweep.seeds) {
        for (int repeat = 1; repeat <= (world == "emu" ? sweep.repeats : 1); ++repeat) {
          SweepRun run{point, world, seed, repeat, {}, {}};
          run.identity = identity_of(sweep, run, spent, programs[world]);
          run.folder = (fs::path(out) / "runs" / hex(hash_text(run.identity))).string();
          runs.push_back(std::move(run));
        }
      }
    }
  }
  return runs;
}

void make_run(const Sweep& sweep, const SweepRun& run, const CostProfile& profile) {
  const std::string unfinished = run.folder + kUnfinished;
  fs::remove_all(unfinished);
  FinishedRun finished = run_once(sweep, run, profile, unfinished);
  if (run.emulated() && !finished.summary.valid()) {
    finished.folder.reset();  // its place is wanted
    finished = run_once(sweep, run, profile, unfinished);
  }
  finished.folder->finish(*finished.store, finished.summary, finished.environment);
  write_file(unfinished + "/run.json", run.identity);
  fs::remove_all(run.folder);
  fs::rename(unfinished, run.folder);
}

void remove_unfinished(const std::string& out) {
  std::error_code error;
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(fs::path(out) / "runs", error)) {
    if (entry.path().extension() == kUnfinished) found.push_back(entry.path());
  }
  for (const fs::path& path : found) fs::remove_all(path);
}

}  // namespace meshtwin
