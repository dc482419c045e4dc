// The command line: parses, calls one command, turns what went wrong into an exit code.

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "emu/pod_shell.h"
#include "mesh/base/problems.h"
#include "mesh/world/world.h"
#include "scenarios/main/baseline_command.h"
#include "scenarios/main/calibrate_command.h"
#include "scenarios/main/compare_command.h"
#include "scenarios/main/other_commands.h"
#include "scenarios/main/proxy_command.h"
#include "scenarios/main/run_command.h"

namespace meshtwin {
namespace {

constexpr int kBadInput = 2;
constexpr int kNoWorld = 4;

bool utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string text = value;
    return text.find("UTF-8") != std::string::npos || text.find("utf8") != std::string::npos;
  }
  return false;
}

Style terminal_style() {
  Style style;
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  winsize size{};
  if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 60) style.width = size.ws_col;
  style.width = std::min<std::size_t>(style.width, 140);
  style.unicode = utf8_locale();
  style.colour = terminal && std::getenv("NO_COLOR") == nullptr;
  return style;
}

void add_run(CLI::App& app, RunArguments& run, std::function<int()>& command) {
  CLI::App* sub = app.add_subcommand("run", "Run a scenario modelled, real, or both, and set the two side by side");
  sub->add_option("FILE", run.file, "the scenario")->required();
  sub->add_option("--world", run.world, "sim (modelled), emu (real) or both; default both")
      ->check(CLI::IsMember({"sim", "emu", "both"}));
  sub->add_option("--seed", run.load.seed, "instead of the file's")->check(CLI::NonNegativeNumber);
  sub->add_option("--set", run.load.set, "PATH=VALUE changes the scenario: --set services.backend.workers=4")
      ->allow_extra_args(false);
  sub->add_option("--out", run.out, "folder for the results; default runs/<scenario>");
  sub->add_option(
      "--profile", run.profile,
      "cost profile the simulator spends; default this host's with both worlds, else the reference profile");
  sub->add_flag("--model-error", run.model_error,
                "with both worlds: also the paired runs without a mesh, at no cost, and the emulator again");
  sub->add_option("--repeat", run.repeat,
                  "so many runs, with the seeds that follow; each in a folder of its own below --out")
      ->check(CLI::Range(1, 1000));
  sub->add_flag("--hold", run.hold, "keep the real run alive after its end, for meshtwin shell, until Ctrl-C");
  sub->add_flag("--json", run.json, "print one JSON document instead of tables");
  sub->footer(
      "examples:\n"
      "  meshtwin run scenarios/az-failover.yaml\n"
      "  meshtwin run scenarios/az-failover.yaml --world sim --seed 3 --set services.backend.workers=4\n"
      "  meshtwin run scenarios/overhead.yaml --model-error --out runs/overhead\n"
      "exit codes: 0 all expectations met, 1 one was not, 2 bad input, 3 a run was invalid, 4 a world could not be set "
      "up");
  sub->final_callback([&] {
    if (run.hold && run.repeat > 1) throw CLI::ValidationError("--hold", "holds one run, not several");
    if (run.model_error && run.world != "both") throw CLI::ValidationError("--model-error", "needs --world both");
    command = [&] { return run_command(run, terminal_style()); };
  });
}

// Into a pod of a run under way.
void add_pods(CLI::App& app, OtherArguments& other, std::function<int()>& command) {
  CLI::App* shell = app.add_subcommand("shell", "Open a shell in a pod of a real run that is under way");
  shell->add_option("POD", other.file, "the pod, such as backend-az-a-0")->required();
  shell->add_option("COMMAND", other.files, "run this instead of a shell");
  shell->add_option("--run", other.run, "process id of the run's meshtwin, when there are several");
  shell->positionals_at_end();
  shell->footer(
      "examples:\n"
      "  meshtwin run scenarios/hello.yaml --world emu --hold\n"
      "  meshtwin shell frontend-az-a-0\n"
      "  meshtwin shell --run 4711 frontend-az-a-0\n"
      "  meshtwin shell frontend-az-a-0 -- curl -s http://backend:8080/");
  shell->final_callback([&] { command = [&] { return run_in_pod(other.file, other.run, other.files); }; });

  CLI::App* scrape = app.add_subcommand("scrape", "Print the metrics of a pod of a real run that is under way");
  scrape->add_option("POD", other.file, "the pod, such as backend-az-a-0")->required();
  scrape->add_option("--port", other.port, "where they are; default: its proxy's (15090, a ztunnel's 15020)")
      ->check(CLI::Range(1, 65535));
  scrape->add_option("--run", other.run, "process id of the run's meshtwin, when there are several");
  scrape->footer(
      "In Prometheus' text format. A workload's are on 9090, the control plane's on 15014.\n\n"
      "examples:\n"
      "  meshtwin run scenarios/hello.yaml --world emu --hold\n"
      "  meshtwin scrape greeter-home-0\n"
      "  meshtwin scrape greeter-home-0 --port 9090");
  scrape->final_callback(
      [&] { command = [&] { return scrape_pod(other.file, other.run, static_cast<std::uint16_t>(other.port)); }; });
}

void add_others(CLI::App& app, OtherArguments& other, std::function<int()>& command) {
  CLI::App* validate = app.add_subcommand("validate", "Check scenario files without running them");
  validate->add_option("FILE", other.files, "scenarios")->required();
  validate->footer("example:\n  meshtwin validate scenarios/*.yaml");
  validate->final_callback([&] { command = [&] { return validate_command(other.files); }; });

  CLI::App* schema = app.add_subcommand("schema", "Print the JSON Schema of scenario files, for editors");
  schema->final_callback([&] { command = [] { return schema_command(); }; });

  CLI::App* doctor = app.add_subcommand("doctor", "Say what this host can do, and what to do about what is missing");
  doctor->add_flag("--json", other.json, "print JSON");
  doctor->final_callback([&] { command = [&] { return doctor_command(other.json, terminal_style()); }; });

  CLI::App* calibrate = app.add_subcommand("calibrate", "Measure this host's costs into a profile for the simulator");
  calibrate->add_option("--out", other.out, "the profile to write; default: where runs in both worlds look for it");
  calibrate->add_option("--rounds", other.rounds, "whole measurements, about 8 s each; default 3")
      ->check(CLI::Range(1, 20));
  calibrate->footer(
      "examples:\n  meshtwin calibrate\n  meshtwin calibrate --out host.json && meshtwin run FILE --profile host.json");
  calibrate->final_callback([&] { command = [&] { return calibrate_command(other.out, other.rounds); }; });

  CLI::App* proxy = app.add_subcommand("proxy", "Run one proxy by hand, outside any scenario");
  proxy->add_option("KIND", other.kind, "sidecar, ztunnel or gateway")
      ->required()
      ->check(CLI::IsMember({"sidecar", "ztunnel", "gateway"}));
  proxy->add_option("--config", other.file, "its listeners, clusters and certificate (YAML)")->required();
  proxy->footer(kProxyHelp);
  proxy->final_callback([&] { command = [&] { return proxy_command(other.kind, other.file); }; });

  CLI::App* import = app.add_subcommand("import", "Make a scenario from another tool's file");
  import->require_subcommand(1);
  CLI::App* isotope = import->add_subcommand("isotope", "An Istio isotope service graph");
  isotope->add_option("FILE", other.file, "the service graph")->required();
  isotope->add_option("--replicas", other.replicas, "pods of each service; default: as in the file")
      ->check(CLI::Range(1, 1000));
  isotope->footer("example:\n  meshtwin import isotope tree-13-services.yaml > tree.yaml");
  isotope->final_callback([&] { command = [&] { return import_isotope_command(other.file, other.replicas); }; });
}

void add_baseline(CLI::App& app, BaselineArguments& baseline, std::function<int()>& command) {
  CLI::App* sub = app.add_subcommand("baseline", "Hold simulated runs against what they gave before");
  sub->require_subcommand(1);
  CLI::App* check = sub->add_subcommand("check", "Run scenarios and say what moved since their baselines");
  check->add_option("FILE", baseline.files, "scenarios; default: every one that has a baseline");
  check->add_option("--folder", baseline.folder, "where baselines are; default results/baselines");
  check->add_option("--most", baseline.most, "figures shown of a scenario that moved; 0: all; default 10");
  check->add_option("--junit", baseline.junit, "also write a JUnit XML file");
  check->add_flag("--github", baseline.github, "also print GitHub annotations");
  check->add_flag("--json", baseline.json, "print JSON instead of text");
  check->footer(
      "examples:\n"
      "  meshtwin baseline check\n"
      "  meshtwin baseline check scenarios/az-failover.yaml --most 0\n"
      "  meshtwin baseline check --junit baselines.xml --github\n"
      "exit codes: 0 all are the same, 1 one is not, 2 bad input");
  check->final_callback([&] { command = [&] { return baseline_check_command(baseline, terminal_style()); }; });
  CLI::App* update = sub->add_subcommand("update", "Run scenarios and keep what they give as their baselines");
  update->add_option("FILE", baseline.files, "scenarios")->required();
  update->add_option("--folder", baseline.folder, "where baselines are; default results/baselines");
  update->footer("example:\n  meshtwin baseline update scenarios/*.yaml");
  update->final_callback([&] { command = [&] { return baseline_update_command(baseline, terminal_style()); }; });
}

void add_compare(CLI::App& app, CompareArguments& compare, std::function<int()>& command) {
  CLI::App* sub = app.add_subcommand("compare", "Hold two runs, or two sets of runs, against each other");
  sub->add_option("BEFORE", compare.before, "results of a run, or a folder of several")->required();
  sub->add_option("AFTER", compare.after, "likewise")->required();
  sub->add_option("--world", compare.world, "sim or emu; default: the one that both have, the real one if both do")
      ->check(CLI::IsMember({"sim", "emu"}));
  sub->add_flag("--json", compare.json, "print JSON instead of a table");
  sub->footer(
      "What counts is the Mann-Whitney U test over all runs, corrected for the number of figures (Holm), so that two\n"
      "sets without any change raise an alarm less than once in a hundred times.\n\n"
      "examples:\n"
      "  meshtwin run FILE --world emu --repeat 10 --out before\n"
      "  meshtwin run FILE --world emu --repeat 10 --out after --set services.backend.workers=4\n"
      "  meshtwin compare before after\n"
      "exit codes: 0 nothing is worse, 1 something is, 2 bad input");
  sub->final_callback([&] { command = [&] { return compare_command(compare, terminal_style()); }; });
}

int guarded(const std::function<int()>& command) {
  try {
    return command();
  } catch (const Problems& problems) {
    fmt::print(stderr, "{}\n", problems.what());
    return kBadInput;
  } catch (const Problem& problem) {
    fmt::print(stderr, "{}\n", problem.text());
    return kBadInput;
  } catch (const WorldError& error) {
    fmt::print(stderr, "meshtwin: {}\n`meshtwin doctor` says what this host can do\n", error.what());
    return kNoWorld;
  } catch (const std::exception& error) {
    fmt::print(stderr, "meshtwin: {}\n", error.what());
    return kNoWorld;
  }
}

int run_main(int argc, char** argv) {
  CLI::App app("meshtwin runs one service-mesh scenario twice, modelled and real, and says how far the two are apart.");
  app.require_subcommand(1);
  RunArguments run;
  OtherArguments other;
  std::function<int()> command;
  add_run(app, run, command);
  BaselineArguments baseline;
  add_others(app, other, command);
  add_pods(app, other, command);
  add_baseline(app, baseline, command);
  CompareArguments compare;
  add_compare(app, compare, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadInput;
  }
  return guarded(command);
}

}  // namespace
}  // namespace meshtwin

int main(int argc, char** argv) {
  return meshtwin::run_main(argc, argv);
}
