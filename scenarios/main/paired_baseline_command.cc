#include "scenarios/main/paired_baseline_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "emu/host_load.h"
#include "mesh/base/problem.h"
#include "mesh/resource/yaml.h"
#include "results/paired_baseline.h"
#include "results/present/paired_view.h"
#include "scenarios/main/profiles.h"
#include "scenarios/main/run_one.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBaselineBytesMost = 16 << 20;

std::string path_of(const std::string& folder, const std::string& scenario) {
  return (fs::path(folder) / (scenario + ".json")).string();
}

// Pairs made in one go, and what they were made of.
struct Made {
  PairedBaseline baseline;
  std::size_t invalid = 0;      // pairs left out
  std::string invalid_because;  // the last one's reason
  double wall_s = 0;
};

FinishedRun run_real(const std::string& file, const std::vector<std::string>& settings, std::uint64_t seed,
                     bool control, const std::string& label) {
  LoadOptions options{settings, static_cast<std::int64_t>(seed)};
  if (control) options.set.emplace_back("mesh.mode=none");
  return run_one(load_scenario(file, options), WorldKind::emu, reference_profile(), {label});
}

// A pair begun on a host that is busy already would not be valid. Half of what a run may find leaves it room of its
// own.
void await_quiet_host(int patience_s, const std::string& label) {
  constexpr auto kLook = std::chrono::milliseconds(500);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(patience_s);
  for (bool said = false; std::chrono::steady_clock::now() < until; said = true) {
    const HostTimes before = read_host_times();
    std::this_thread::sleep_for(kLook);
    if (load_between(before, read_host_times()).utilisation < kUtilisationLimit / 2) return;
    if (!said) fmt::print(stderr, "{}: the host is busy; waiting for up to {} s\n", label, patience_s);
  }
}

// The order of a pair's two runs changes from pair to pair, so that a host that grows slower or faster meanwhile
// favours neither. A pair with a run that is not valid is made again, in all at most three times as often as
// there are pairs.
Made make_pairs(const std::string& file, const std::vector<std::string>& settings, int repeats, int patience_s) {
  const auto started = std::chrono::steady_clock::now();
  const Scenario scenario = load_scenario(file, {settings});
  Made made;
  made.baseline.scenario = scenario.name;
  made.baseline.file = file;
  made.baseline.settings = settings;
  const auto wanted = static_cast<std::size_t>(repeats);
  while (made.baseline.pairs.size() < wanted && made.invalid <= 3 * wanted) {
    const std::size_t place = made.baseline.pairs.size();
    const std::uint64_t seed = scenario.plan.seed + place;
    const bool control_first = place % 2 == 1;
    const std::string label = fmt::format("{}, pair {} of {}", scenario.name, place + 1, repeats);
    await_quiet_host(patience_s, label);
    FinishedRun runs[2];  // the run, its control
    for (const bool control : {control_first, !control_first}) {
      runs[control ? 1 : 0] = run_real(file, settings, seed, control, label + (control ? ", control" : ""));
    }
    const FinishedRun* bad = nullptr;
    for (const FinishedRun& run : runs) bad = run.summary.valid() ? bad : &run;
    if (bad != nullptr) {
      ++made.invalid;
      made.invalid_because = bad->summary.invalid_reasons.front();
      fmt::print(stderr, "{}: not valid, made again: {}\n", label, made.invalid_because);
      continue;
    }
    made.baseline.host = runs[0].environment.facts;
    made.baseline.pairs.push_back(pair_of(runs[0].summary, runs[1].summary, control_first));
  }
  made.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return made;
}

PairedBaseline read_baseline(const std::string& path, const std::string& file) {
  if (!fs::exists(path)) {
    throw Problem({path}, "there is no such baseline; meshtwin baseline update --world emu " + file + " makes it");
  }
  return parse_paired_baseline(read_text_file(path, kBaselineBytesMost), path);
}

std::vector<std::string> files_with_baselines(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json") files.push_back(read_baseline(entry.path().string(), "FILE").file);
  }
  if (files.empty()) {
    throw Problem({folder}, "there are no baselines here; meshtwin baseline update --world emu FILE makes the first");
  }
  std::sort(files.begin(), files.end());
  return files;
}

void note_host(CheckedPairs& checked, const PairedBaseline& before, const PairedBaseline& now) {
  for (const auto& [key, value] : before.host) {
    const auto found = now.host.find(key);
    const bool of_the_hour = key == "started" || key == "unix_zero_ns";
    if (of_the_hour || found == now.host.end() || found->second == value) continue;
    checked.notes.push_back(fmt::format("another host: {} was {}, is {}", key, value, found->second));
  }
}

CheckedPairs check_one(const std::string& file, const BaselineArguments& arguments, const std::string& folder) {
  const std::string name = load_scenario(file, {}).name;
  const PairedBaseline before = read_baseline(path_of(folder, name), file);
  std::vector<std::string> settings = before.settings;
  settings.insert(settings.end(), arguments.set.begin(), arguments.set.end());
  const int repeats = arguments.repeats > 0 ? arguments.repeats : static_cast<int>(before.pairs.size());
  const Made now = make_pairs(file, settings, repeats, arguments.patience_s);
  CheckedPairs checked;
  checked.scenario = name;
  checked.file = file;
  checked.settings = arguments.set;
  checked.wall_s = now.wall_s;
  if (now.invalid > 0) {
    checked.notes.push_back(fmt::format("{} pairs were not valid; the last: {}", now.invalid, now.invalid_because));
  }
  if (now.baseline.pairs.empty()) {
    checked.comparison.pairs_before = before.pairs.size();
    checked.comparison.pairs_needed = before.pairs.size();
    return checked;
  }
  note_host(checked, before, now.baseline);
  checked.comparison = compare_pairs(before.pairs, now.baseline.pairs);
  return checked;
}

std::string folder_of(const BaselineArguments& arguments) {
  return arguments.folder.empty() ? "runs/baselines" : arguments.folder;
}

}  // namespace

int paired_check_command(const BaselineArguments& arguments, const Style& style) {
  const std::string folder = folder_of(arguments);
  const std::vector<std::string> files = arguments.files.empty() ? files_with_baselines(folder) : arguments.files;
  std::vector<CheckedPairs> checked;
  for (const std::string& file : files) checked.push_back(check_one(file, arguments, folder));
  if (!arguments.junit.empty()) write_file(arguments.junit, junit_of(checked));
  fmt::print("{}", arguments.json ? json_of(checked) : view_of(checked, style));
  if (arguments.github) fmt::print("{}", annotations_of(checked));
  const auto any = [&](auto&& holds) { return std::any_of(checked.begin(), checked.end(), holds); };
  if (any([](const CheckedPairs& one) { return one.judged() && one.comparison.worse(); })) return 1;
  return any([](const CheckedPairs& one) { return !one.judged(); }) ? 3 : 0;
}

int paired_update_command(const BaselineArguments& arguments, const Style& style) {
  int code = 0;
  const int repeats = arguments.repeats > 0 ? arguments.repeats : 10;
  for (const std::string& file : arguments.files) {
    const Made made = make_pairs(file, arguments.set, repeats, arguments.patience_s);
    const std::size_t pairs = made.baseline.pairs.size();
    if (pairs < static_cast<std::size_t>(repeats)) {
      fmt::print(stderr, "{}: only {} of {} pairs were valid, so no baseline is kept; the last: {}\n", file, pairs,
                 repeats, made.invalid_because);
      code = 3;
      continue;
    }
    const std::string path = path_of(folder_of(arguments), made.baseline.scenario);
    write_file(path, to_json(made.baseline));
    const std::size_t needed = compare_pairs(made.baseline.pairs, made.baseline.pairs).pairs_needed;
    fmt::print("{}  {}: {} pairs of a run and a run without a mesh\n", painted("kept", Paint::bold, style), path,
               pairs);
    if (needed > 0) fmt::print("With so few no difference will be sure: {} are needed; --repeats {}\n", needed, needed);
  }
  return code;
}

}  // namespace meshtwin
