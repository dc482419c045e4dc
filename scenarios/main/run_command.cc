#include "scenarios/main/run_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "mesh/resource/yaml.h"
#include "results/comparison.h"
#include "results/model_gate.h"
#include "results/present/view.h"
#include "results/run_detail.h"
#include "results/summary_json.h"
#include "scenarios/main/calibrate_command.h"
#include "scenarios/main/host_now.h"
#include "scenarios/main/profiles.h"
#include "scenarios/main/run_one.h"

namespace meshtwin {
namespace {

// A scenario's runs, by what they are for.
struct Runs {
  std::map<std::string, FinishedRun> by_name;
  std::map<std::string, RunDetail> details;  // with both worlds

  const Summary* find(const std::string& name) const {
    const auto it = by_name.find(name);
    return it == by_name.end() ? nullptr : &it->second.summary;
  }
  ComparedRun compared(const std::string& name) const {
    const auto detail = details.find(name);
    return {find(name), detail == details.end() ? nullptr : &detail->second};
  }
};

struct Wanted {
  std::string name;  // in Runs
  std::string label;
  WorldKind world;
  bool bare = false;  // without a mesh
  bool null_costs = false;
};

// An expectation of what the mesh adds needs the runs without one.
bool needs_bare_runs(const Scenario& scenario) {
  return std::any_of(scenario.expect.begin(), scenario.expect.end(),
                     [](const Expectation& expectation) { return expectation.needs_bare_runs(); });
}

std::vector<Wanted> wanted_runs(const RunArguments& arguments, const Scenario& scenario) {
  std::vector<Wanted> wanted;
  if (arguments.world != "emu") wanted.push_back({"sim", "simulator", WorldKind::sim});
  if (arguments.world != "sim") wanted.push_back({"emu", "emulator", WorldKind::emu});
  const bool bare = arguments.model_error || (arguments.world == "both" && needs_bare_runs(scenario));
  if (bare) {
    wanted.push_back({"sim_bare", "simulator without a mesh", WorldKind::sim, true});
    wanted.push_back({"emu_bare", "emulator without a mesh", WorldKind::emu, true});
  }
  if (!arguments.model_error) return wanted;
  wanted.push_back({"sim_null", "simulator at no cost", WorldKind::sim, false, true});
  wanted.push_back({"sim_null_bare", "simulator at no cost, without a mesh", WorldKind::sim, true, true});
  wanted.push_back({"emu_repeat", "emulator again", WorldKind::emu});
  return wanted;
}

Scenario load(const RunArguments& arguments, bool bare) {
  LoadOptions options = arguments.load;
  if (bare) options.set.push_back("mesh.mode=none");
  return load_scenario(arguments.file, options);
}

CostProfile profile_for(const RunArguments& arguments) {
  if (!arguments.profile.empty()) return load_profile(arguments.profile);
  return arguments.world == "both" ? host_profile() : reference_profile();
}

Comparison compare_all(const Runs& runs, const Scenario& scenario) {
  Comparison comparison =
      compare({runs.compared("sim"), runs.compared("emu"), runs.compared("sim_bare"), runs.compared("emu_bare"),
               runs.compared("sim_null"), runs.compared("sim_null_bare"), runs.compared("emu_repeat")});
  comparison.expectations = judge_model(comparison, scenario.expect);
  return comparison;
}

void write_folders(const std::string& out, Runs& runs, const Comparison* comparison) {
  for (auto& [name, run] : runs.by_name) {
    if (run.folder != nullptr) run.folder->finish(*run.store, run.summary, run.environment);
  }
  if (comparison != nullptr) write_file(out + "/comparison.json", to_json(*comparison));
}

nlohmann::ordered_json json_of(const Runs& runs, const Comparison* comparison) {
  nlohmann::ordered_json all;
  for (const auto& [name, run] : runs.by_name) all[name] = nlohmann::ordered_json::parse(to_json(run.summary));
  if (comparison != nullptr) all["comparison"] = nlohmann::ordered_json::parse(to_json(*comparison));
  return all;
}

// `comparison` null: of one world alone, or judged elsewhere.
int exit_code(const Runs& runs, const Comparison* comparison) {
  for (const auto& [name, run] : runs.by_name) {
    if (!run.summary.valid()) return 3;
  }
  bool met = comparison == nullptr || comparison->all_met();
  for (const char* world : {"sim", "emu"}) {
    const Summary* summary = runs.find(world);
    met = met && (summary == nullptr || summary->all_met());
  }
  return met ? 0 : 1;
}

void say_warnings(const RunArguments& arguments, const Scenario& scenario) {
  for (const std::string& warning : scenario.warnings) fmt::print(stderr, "warning: {}\n", warning);
  if (arguments.world != "sim" && geteuid() != 0) {
    fmt::print(stderr, "note: not root: the emulated run uses a user namespace, without real-time priority\n");
  }
}

// What was run, for the store.
std::map<std::string, std::string> settings_of(const RunArguments& arguments) {
  std::string overrides;
  for (const std::string& set : arguments.load.set) overrides += set + '\n';
  return {
      {"file", arguments.file}, {"settings", read_text_file(arguments.file, kYamlBytesMost)}, {"overrides", overrides}};
}

FinishedRun run_wanted(const Wanted& wanted, const RunArguments& arguments, const Scenario& scenario,
                       const CostProfile& profile, const std::string& out) {
  const Scenario bare = wanted.bare ? load(arguments, true) : Scenario{};
  const CostProfile costs = wanted.null_costs ? null_cost_profile() : profile;
  RunOptions options{wanted.label, arguments.hold && wanted.name == "emu"};
  if (wanted.name == "sim" || wanted.name == "emu") {
    options.folder = out;
    options.settings = settings_of(arguments);
  }
  return run_one(wanted.bare ? bare : scenario, wanted.world, costs, options);
}

// The stores of those in `sim` and `emu` are in `out`. The real ones first: they are what the host is looked at round.
Runs run_all(const RunArguments& arguments, const Scenario& scenario, const CostProfile& profile,
             const std::string& out) {
  Runs runs;
  HostNow host;
  const bool looks = arguments.world == "both" && arguments.profile.empty();
  if (looks) host.look();
  for (const Wanted& wanted : wanted_runs(arguments, scenario)) {
    if (wanted.world != WorldKind::emu) continue;
    runs.by_name[wanted.name] = run_wanted(wanted, arguments, scenario, profile, out);
    if (looks) host.look();
  }
  const CostProfile costs = host.seen(profile);
  for (const Wanted& wanted : wanted_runs(arguments, scenario)) {
    if (wanted.world == WorldKind::sim) runs.by_name[wanted.name] = run_wanted(wanted, arguments, scenario, costs, out);
  }
  if (arguments.world == "both") {
    for (const auto& [name, run] : runs.by_name) runs.details[name] = detail_of(*run.store, run.subject);
  }
  if (const Summary* emulated = runs.find("emu")) {
    for (const std::string& warning : emulated->warnings) fmt::print(stderr, "warning: {}\n", warning);
  }
  return runs;
}

void print_line(const Runs& runs, std::int64_t seed) {
  for (const char* world : {"sim", "emu"}) {
    const Summary* summary = runs.find(world);
    if (summary == nullptr) continue;
    fmt::print("seed {}, {}: p50 {:.3f} ms, p99 {:.3f} ms, {} of {} failed{}\n", seed, world,
               static_cast<double>(summary->latency.p50) / 1e6, static_cast<double>(summary->latency.p99) / 1e6,
               summary->requests.sent - summary->requests.ok, summary->requests.sent,
               summary->valid() ? "" : ", not valid: " + summary->invalid_reasons.front());
  }
}

// What all repeats together say of the model.
int say_of_all(const RunArguments& arguments, const Scenario& scenario, const std::vector<Comparison>& repeats,
               const std::string& out, nlohmann::ordered_json& all, const Style& style) {
  Comparison combined = combine(repeats);
  combined.expectations = judge_model(combined, scenario.expect);
  write_file(out + "/comparison.json", to_json(combined));
  if (arguments.json) {
    all.push_back({{"comparison", nlohmann::ordered_json::parse(to_json(combined))}});
  } else {
    fmt::print("\n{}", view_of(combined, style));
  }
  return combined.all_met() ? 0 : 1;
}

// Several runs, a folder and a line each; with both worlds, one comparison of them all. What is worst of their exit
// codes.
int run_repeats(const RunArguments& arguments, const CostProfile& profile, const Style& style) {
  int worst = 0;
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  const Scenario first = load(arguments, false);
  const std::string out = arguments.out.empty() ? "runs/" + first.name : arguments.out;
  say_warnings(arguments, first);
  std::vector<Comparison> repeats;
  for (int i = 0; i < arguments.repeat; ++i) {
    RunArguments one = arguments;
    one.load.seed = static_cast<std::int64_t>(first.plan.seed) + i;
    const std::string folder = fmt::format("{}/seed-{}", out, one.load.seed);
    const Scenario scenario = load(one, false);
    Runs runs = run_all(one, scenario, profile, folder);
    if (one.world == "both") repeats.push_back(compare_all(runs, scenario));
    const Comparison* comparison = repeats.empty() ? nullptr : &repeats.back();
    write_folders(folder, runs, comparison);
    if (one.json) {
      all.push_back(json_of(runs, comparison));
    } else {
      print_line(runs, one.load.seed);
    }
    worst = std::max(worst, exit_code(runs, nullptr));
  }
  if (!repeats.empty()) worst = std::max(worst, say_of_all(arguments, first, repeats, out, all, style));
  if (arguments.json) {
    fmt::print("{}\n", all.dump(2));
  } else {
    fmt::print("\nresults in {}; meshtwin compare holds two such folders against each other\n", out);
  }
  return worst;
}

}  // namespace

int run_command(const RunArguments& arguments, const Style& style) {
  const CostProfile profile = profile_for(arguments);
  if (arguments.repeat > 1) return run_repeats(arguments, profile, style);
  const Scenario scenario = load(arguments, false);
  say_warnings(arguments, scenario);
  const std::string out = arguments.out.empty() ? "runs/" + scenario.name : arguments.out;
  Runs runs = run_all(arguments, scenario, profile, out);
  const bool both = arguments.world == "both";
  const Comparison comparison = both ? compare_all(runs, scenario) : Comparison{};
  write_folders(out, runs, both ? &comparison : nullptr);
  if (arguments.json) {
    fmt::print("{}\n", json_of(runs, both ? &comparison : nullptr).dump(2));
  } else {
    fmt::print("{}",
               both ? view_of(comparison, *runs.find("sim"), *runs.find("emu"), style, !comparison.mesh_added.empty())
                    : view_of(*runs.find(arguments.world), style));
    fmt::print("\nresults in {}\n", out);
  }
  return exit_code(runs, both ? &comparison : nullptr);
}

}  // namespace meshtwin
