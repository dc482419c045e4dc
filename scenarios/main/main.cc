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
#include "scenarios/main/explain_command.h"
#include "scenarios/main/export_command.h"
#include "scenarios/main/huge_pages.h"
#include "scenarios/main/other_commands.h"
#include "scenarios/main/proxy_command.h"
#include "scenarios/main/query_command.h"
#include "scenarios/main/report_command.h"
#include "scenarios/main/run_command.h"
#include "scenarios/main/sweep_command.h"
#include "scenarios/main/validate_command.h"

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

void add_validate(CLI::App& app, ValidateArguments& validate, std::function<int()>& command) {
  CLI::App* sub = app.add_subcommand("validate", "Check scenarios, and Kubernetes and Istio documents, without a run");
  sub->add_option("FILE", validate.files,
                  "scenarios, sweeps or documents; a folder: every .yaml, .yml and .json below; -: "
                  "standard input")
      ->required();
  sub->add_option("--ignore", validate.ignore, "documents of this KIND are left out; may be given several times");
  sub->add_flag("--for-run", validate.for_a_run, "refuse what is valid, but what a run does not act on yet");
  sub->add_flag("--json", validate.json, "print one JSON document");
  sub->footer(
      "Every mistake is told with its place and the nearest right spelling. Exit codes: 0 valid, 2 not.\n\n"
      "examples:\n"
      "  meshtwin validate scenarios/*.yaml\n"
      "  meshtwin validate bookinfo.yaml networking/ --ignore Application\n"
      "  kubectl get virtualservices,destinationrules -A -o yaml | meshtwin validate -");
  sub->final_callback([&] { command = [&] { return validate_command(validate); }; });
}

void add_others(CLI::App& app, OtherArguments& other, std::function<int()>& command) {
  CLI::App* schema = app.add_subcommand("schema", "Print the JSON Schema of scenario files, for editors");
  schema->add_flag("--sweep", other.sweep, "of sweep files");
  schema->final_callback([&] { command = [&] { return schema_command(other.sweep); }; });

  CLI::App* doctor = app.add_subcommand("doctor", "Say what this host can do, and what to do about what is missing");
  doctor->add_flag("--json", other.json, "print JSON");
  doctor->final_callback([&] { command = [&] { return doctor_command(other.json, terminal_style()); }; });

  CLI::App* calibrate = app.add_subcommand("calibrate", "Measure this host's costs into a profile for the simulator");
  calibrate->add_option("--out", other.out, "the profile to write; default: where runs in both worlds look for it");
  calibrate->add_option("--rounds", other.rounds, "whole measurements, about 20 s each; default 3")
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
  isotope->add_option("--replicas", other.isotope.replicas, "pods of each service; default: as in the file")
      ->check(CLI::Range(1, 1000));
  isotope->add_option("--zones", other.isotope.zones, "over which they are spread; default 2")->check(CLI::Range(1, 2));
  isotope->footer("example:\n  meshtwin import isotope tree-13-services.yaml > tree.yaml");
  isotope->final_callback([&] { command = [&] { return import_isotope_command(other.file, other.isotope); }; });
}

void add_baseline_options(CLI::App& sub, BaselineArguments& baseline) {
  sub.add_option("--world", baseline.world,
                 "sim: exact, the same on every machine (default); emu: statistical, of this host")
      ->check(CLI::IsMember({"sim", "emu"}));
  sub.add_option("--folder", baseline.folder,
                 "where baselines are; default results/baselines, of real runs runs/baselines");
  sub.add_option("--set", baseline.set, "PATH=VALUE changes the scenario, as in run")->allow_extra_args(false);
  sub.add_option("--repeats", baseline.repeats,
                 "real runs, each beside a control without a mesh; default 10, in a check as many as the baseline has")
      ->check(CLI::Range(1, 1000));
  sub.add_option("--patience", baseline.patience_s,
                 "seconds to wait, before each pair of real runs, for a busy host to become quiet; default 30")
      ->check(CLI::Range(0, 86'400));
}

void add_baseline(CLI::App& app, BaselineArguments& baseline, std::function<int()>& command) {
  CLI::App* sub = app.add_subcommand("baseline", "Hold runs against what they gave before");
  sub->require_subcommand(1);
  CLI::App* check = sub->add_subcommand("check", "Run scenarios and say what moved since their baselines");
  check->add_option("FILE", baseline.files, "scenarios; default: every one that has a baseline");
  add_baseline_options(*check, baseline);
  check->add_option("--most", baseline.most, "figures shown of a simulated scenario that moved; 0: all; default 10");
  check->add_option("--junit", baseline.junit, "also write a JUnit XML file");
  check->add_flag("--github", baseline.github, "also print GitHub annotations");
  check->add_flag("--json", baseline.json, "print JSON instead of text");
  check->footer(
      "examples:\n"
      "  meshtwin baseline check\n"
      "  meshtwin baseline check scenarios/az-failover.yaml --most 0\n"
      "  meshtwin baseline check --junit baselines.xml --github\n"
      "  meshtwin baseline check --world emu scenarios/hello.yaml\n"
      "exit codes: 0 all are the same (real: none is worse), 1 one is not, 2 bad input, 3 real runs were too few or "
      "not "
      "valid");
  check->final_callback([&] { command = [&] { return baseline_check_command(baseline, terminal_style()); }; });
  CLI::App* update = sub->add_subcommand("update", "Run scenarios and keep what they give as their baselines");
  update->add_option("FILE", baseline.files, "scenarios")->required();
  add_baseline_options(*update, baseline);
  update->footer(
      "examples:\n"
      "  meshtwin baseline update scenarios/*.yaml\n"
      "  meshtwin baseline update --world emu scenarios/hello.yaml --repeats 10 --set duration=5s");
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
      "What counts is the Mann-Whitney U test over all runs (of simulated runs with equal seeds, if there are enough,\n"
      "Wilcoxon's, seed by seed), corrected for the number of figures (Holm), so that two sets without any change "
      "raise\n"
      "an alarm less than once in a hundred times.\n\n"
      "examples:\n"
      "  meshtwin run FILE --world emu --repeat 10 --out before\n"
      "  meshtwin run FILE --world emu --repeat 10 --out after --set services.backend.workers=4\n"
      "  meshtwin compare before after\n"
      "exit codes: 0 nothing is worse, 1 something is, 2 bad input");
  sub->final_callback([&] { command = [&] { return compare_command(compare, terminal_style()); }; });
}

void add_sweep(CLI::App& app, SweepArguments& sweep, std::function<int()>& command) {
  CLI::App* sub = app.add_subcommand("sweep", "Run a scenario at every combination of some settings");
  sub->add_option("FILE", sweep.file, "the sweep (YAML): a scenario, axes, seeds, figures")->required();
  sub->add_option("--jobs", sweep.jobs, "simulations at once; default: as many as there are cores")
      ->check(CLI::Range(1, 1024));
  sub->add_option("--out", sweep.out, "folder for the runs, the table and the plots; default runs/<sweep>");
  sub->add_option("--profile", sweep.profile, "cost profile the simulator spends; default as of meshtwin run");
  sub->add_option("--csv", sweep.csv, "also write the table to this file");
  sub->add_flag("--plot", sweep.plot, "also draw plots (SVG and PNG, with gnuplot)");
  sub->add_flag("--json", sweep.json, "print one JSON document instead of tables");
  sub->add_flag("--dry-run", sweep.dry_run, "say which runs are missing, and make none");
  sub->add_flag("--again", sweep.again, "make real runs that were not valid once more");
  sub->footer(
      "Runs that are there already are not made again: an interrupted sweep goes on where it was, a sweep with "
      "another\n"
      "value or seed makes those alone. A changed scenario, cost profile or program makes all that depends on it.\n\n"
      "examples:\n"
      "  meshtwin sweep scenarios/sweeps/overhead-by-rate.yaml --plot\n"
      "  meshtwin sweep FILE --dry-run\n"
      "  meshtwin sweep FILE --jobs 8 --csv table.csv\n"
      "exit codes: 0 all runs are valid, 2 bad input, 3 some are not valid, 4 some could not be made, 130 interrupted");
  sub->final_callback([&] { command = [&] { return sweep_command(sweep, terminal_style()); }; });
}

void add_query(CLI::App& app, QueryArguments& query, std::function<int()>& command) {
  CLI::App* sub = app.add_subcommand("query", "Ask a run's store in SQL");
  sub->add_option("RUN", query.run, "results of a run: its folder, one world's folder, or a run.sqlite")->required();
  sub->add_option("SQL", query.question, "one SELECT; without it: the tables, and what to begin with");
  sub->add_option("--world", query.world, "sim or emu; default: all that are there")
      ->check(CLI::IsMember({"sim", "emu"}));
  sub->add_option("--format", query.format, "table (default), csv, json, or jsonl: an object a line")
      ->check(CLI::IsMember({"table", "csv", "json", "jsonl"}));
  sub->add_option("--rows", query.rows_most, "of a table; default 1000")->check(CLI::Range(1, 1'000'000));
  sub->footer(
      "With one world a table is called by its name, with both sim.NAME and emu.NAME, so that a question can join "
      "them.\n"
      "percentile(VALUE, PER CENT) is by nearest rank, as everywhere in the results. Nothing can be changed.\n\n"
      "examples:\n"
      "  meshtwin query runs/hello\n"
      "  meshtwin query runs/hello --world sim \"select failure, count(*) from requests group by failure\"\n"
      "  meshtwin query runs/hello --format csv \"select * from sim.requests join emu.requests using (load, number)\"\n"
      "exit codes: 0, 2 bad input");
  sub->final_callback([&] { command = [&] { return query_command(query, terminal_style()); }; });
}

void add_explain(CLI::App& app, ExplainArguments& explain, std::function<int()>& command) {
  CLI::App* sub = app.add_subcommand("explain", "Say where a run's latency went, part by part, in both worlds");
  sub->add_option("RUN", explain.run, "results of a run")->required();
  sub->add_option("--figure", explain.figure, "p50, p90, p99 or mean; default p50")
      ->check(CLI::IsMember({"p50", "p90", "p99", "mean"}));
  sub->add_option("--phase", explain.phase, "of the requests of one phase");
  sub->add_option("--route", explain.route, "of the requests of one load: its number, or the service it goes to");
  CLI::Option* request = sub->add_option("--request", explain.request, "LOAD/NUMBER: one request, from end to end");
  sub->add_option("--trace", explain.trace, "one request, by its trace id")->excludes(request);
  sub->add_flag("--json", explain.json, "print JSON instead of tables");
  sub->footer(
      "What is taken apart are sampled requests (mesh.tracing in the scenario); a quantile's are those within five\n"
      "per cent of the ranks round it, or less towards the ends.\n\n"
      "examples:\n"
      "  meshtwin explain runs/az-failover\n"
      "  meshtwin explain runs/az-failover --figure p99 --phase \"after crash backend in az-a\"\n"
      "  meshtwin explain runs/az-failover --request 0/17");
  sub->final_callback([&] { command = [&] { return explain_command(explain, terminal_style()); }; });
}

void add_export(CLI::App& app, ExportArguments& exported, std::function<int()>& command) {
  CLI::App* sub = app.add_subcommand("export", "Write what a run wrote down in formats that others read");
  sub->add_option("RUN", exported.run, "results of a run: its folder, one world's folder, or a run.sqlite")->required();
  sub->add_option("--format", exported.format,
                  "csv or json: every table in a file of its own; otlp or zipkin: the spans of sampled requests, on "
                  "standard output")
      ->required()
      ->check(CLI::IsMember({"csv", "json", "otlp", "zipkin"}));
  sub->add_option("--out", exported.out, "folder for the tables");
  sub->add_option("--world", exported.world, "sim or emu; default: all that are there; of spans the real one")
      ->check(CLI::IsMember({"sim", "emu"}));
  sub->footer(
      "examples:\n"
      "  meshtwin export runs/az-failover --format csv --out tables\n"
      "  meshtwin export runs/az-failover --format otlp > spans.json\n"
      "  meshtwin export runs/az-failover --format zipkin --world sim |\n"
      "    curl -H 'content-type: application/json' --data-binary @- http://localhost:9411/api/v2/spans");
  sub->final_callback([&] { command = [&] { return export_command(exported); }; });
}

void add_report(CLI::App& app, ReportArguments& report, std::function<int()>& command) {
  CLI::App* sub = app.add_subcommand("report",
                                     "Write one HTML page that shows what happened in runs, and how far off "
                                     "the model was");
  sub->add_option("RUN", report.runs, "folders of results; one with several runs below it stands for all of them")
      ->required();
  sub->add_option("--out", report.out, "the file to write; default report.html in the first folder");
  sub->footer(
      "The page needs no network. Where a run is too large to show all of it, the page says what was chosen.\n\n"
      "examples:\n"
      "  meshtwin run scenarios/az-failover.yaml && meshtwin report runs/az-failover\n"
      "  meshtwin report runs/az-failover runs/overhead --out both.html");
  sub->final_callback([&] { command = [&] { return report_command(report); }; });
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
  ValidateArguments validate;
  add_validate(app, validate, command);
  BaselineArguments baseline;
  add_others(app, other, command);
  add_pods(app, other, command);
  add_baseline(app, baseline, command);
  CompareArguments compare;
  add_compare(app, compare, command);
  SweepArguments sweep;
  add_sweep(app, sweep, command);
  QueryArguments query;
  add_query(app, query, command);
  ExplainArguments explain;
  add_explain(app, explain, command);
  ExportArguments exported;
  add_export(app, exported, command);
  ReportArguments report;
  add_report(app, report, command);
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
  static const std::set<std::string_view> kSimulate = {"run", "sweep", "compare", "baseline"};
  if (argc > 1 && kSimulate.contains(argv[1])) meshtwin::use_huge_pages(argv);
  return meshtwin::run_main(argc, argv);
}
