#include "scenarios/main/run_one.h"

#include <sys/utsname.h>

#include <fmt/format.h>

#include <ctime>
#include <optional>
#include <thread>
#include <utility>

#include "emu/world.h"
#include "mesh/runtime/clock.h"
#include "mesh/world/world.h"
#include "results/both_recorders.h"
#include "scenarios/conductor.h"
#include "scenarios/main/progress.h"
#include "scenarios/main/subject.h"
#include "sim/world.h"

namespace meshtwin {
namespace {

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

Environment environment_here() {
  Environment environment;
  utsname names{};
  if (uname(&names) == 0) {
    environment.facts["kernel"] = std::string(names.sysname) + ' ' + names.release;
    environment.facts["architecture"] = names.machine;
  }
  environment.facts["cores"] = std::to_string(std::thread::hardware_concurrency());
  environment.facts["started"] = now_utc();
  return environment;
}

std::unique_ptr<World> make_world(const Plan& plan, WorldKind kind, const CostProfile& profile, Recorder& recorder,
                                  bool hold) {
  if (kind == WorldKind::sim) return make_sim_world(plan, {profile}, recorder);
  EmuOptions options;
  if (hold) {
    options.hold = [] {
      fmt::print(stderr, "the run is over and is kept alive: look round with meshtwin shell POD; Ctrl-C ends it\n");
    };
  }
  return make_emu_world(plan, std::move(options), recorder);
}

}  // namespace

FinishedRun run_one(const Scenario& scenario, WorldKind kind, const CostProfile& profile, const RunOptions& options) {
  FinishedRun run;
  run.environment = environment_here();
  run.environment.settings = options.settings;
  run.store = std::make_unique<RunStore>();
  RunSubject subject = subject_of(scenario, kind == WorldKind::sim ? "sim" : "emu");
  if (kind == WorldKind::sim) {
    run.environment.settings["profile"] = to_json(profile);
    subject.provenance["profile"] = profile.name;
    subject.provenance["network"] = scenario.plan.packet_network ? "packet" : "message";
    subject.provenance["wire"] = scenario.plan.wire == Wire::modelled ? "modelled" : "real";
  }
  std::optional<BothRecorders> both;
  if (!options.folder.empty()) {
    run.folder = std::make_unique<RunFolder>(options.folder, subject, run.environment);
    both.emplace(*run.store, run.folder->recorder());
  }
  Recorder& recorder = both ? static_cast<Recorder&>(*both) : *run.store;
  Progress progress(options.label, scenario.plan.duration);
  const std::unique_ptr<World> world = make_world(scenario.plan, kind, profile, recorder, options.hold);
  Conductor conductor(*world, scenario, recorder, [&progress](Time now) { progress.at(now); });
  const RunReport report = conductor.run();
  run.environment.wall = report.wall;
  run.environment.facts["unix_zero_ns"] = std::to_string(world->clock().unix_zero());
  run.summary = summarise(*run.store, subject, report);
  run.subject = std::move(subject);
  return run;
}

}  // namespace meshtwin
