#include "scenarios/main/sweep_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "mesh/base/problem.h"
#include "results/present/sweep_plot.h"
#include "results/present/sweep_view.h"
#include "results/run_folder.h"
#include "results/summary_json.h"
#include "scenarios/main/calibrate_command.h"
#include "scenarios/main/gnuplot.h"
#include "scenarios/main/profiles.h"
#include "scenarios/main/sweep_progress.h"
#include "scenarios/main/sweep_runs.h"
#include "scenarios/main/workers.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;

constexpr int kInvalid = 3;
constexpr int kNotMade = 4;
constexpr int kInterrupted = 130;

// One sweep at a time writes to a folder. The lock goes with the process and its workers, however they end: those of a
// sweep that was killed may take a moment to do so.
class FolderLock {
 public:
  explicit FolderLock(const std::string& folder) {
    fs::create_directories(folder);
    file_ = ::open((folder + "/.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file_ < 0) throw ResultsError(folder + "/.lock: cannot create file: " + std::strerror(errno));
    for (int attempt = 0; attempt < 30; ++attempt) {
      if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    ::close(file_);
    throw Problem({folder},
                  "found another sweep that is writing here, expected none; wait for it, or give --out another folder");
  }
  ~FolderLock() { ::close(file_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_ = -1;
};

Summary summary_of(const SweepRun& run) {
  return load_summary((fs::path(run.folder) / run.world / "summary.json").string());
}

// Places in `runs` of those that are to be made.
std::vector<std::size_t> missing(const std::vector<SweepRun>& runs, bool again) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const bool done = runs[i].is_done();
    if (!done || (again && runs[i].emulated() && !summary_of(runs[i]).valid())) places.push_back(i);
  }
  return places;
}

std::string words_of(const Sweep& sweep, const SweepRun& run) {
  const std::string point = words_of(sweep, sweep.points[run.point]);
  std::string words = fmt::format("{}{}{}, seed {}", point, point.empty() ? "" : ", ", run.world, run.seed);
  if (run.emulated() && sweep.repeats > 1) words += fmt::format(", repeat {}", run.repeat);
  return words;
}

struct Made {
  bool interrupted = false;
  std::size_t failed = 0;
};

Made make_missing(const Sweep& sweep, const std::vector<SweepRun>& runs, const std::vector<std::size_t>& places,
                  const CostProfile& profile, std::size_t at_once) {
  std::vector<Job> jobs;
  std::vector<SweepProgress::Run> shown;
  for (const std::size_t place : places) {
    const SweepRun& run = runs[place];
    jobs.push_back({[&sweep, &run, &profile] { make_run(sweep, run, profile); }, run.emulated()});
    shown.push_back({run.emulated(), sweep.points[run.point].duration});
  }
  SweepProgress progress(sweep.name, std::move(shown), at_once);
  Made made;
  const auto ended = [&](const JobEnd& end) {
    progress.ended(end.job, end.seconds);
    if (end.failure.empty()) return;
    ++made.failed;
    progress.say(fmt::format("{}: {}", words_of(sweep, runs[places[end.job]]), end.failure));
  };
  const WorkersEnd how = run_jobs(jobs, at_once, ended, [&](std::size_t running) { progress.show(running); });
  made.interrupted = how == WorkersEnd::interrupted;
  return made;
}

SweepTable table_of(const Sweep& sweep, const std::vector<SweepRun>& runs) {
  SweepTable table = table_of(sweep);
  for (const SweepRun& run : runs) {
    if (!run.is_done()) continue;
    const Summary summary = summary_of(run);
    SweepTable::Row row{sweep.points[run.point].at, run.world, run.seed, run.repeat, run.folder,
                        summary.invalid_reasons,    {}};
    for (const Figure& figure : sweep.figures) row.figures.push_back(figure.of(summary));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::vector<PlotWish> wishes_of(const Sweep& sweep) {
  std::vector<PlotWish> wishes;
  for (const SweepPlot& plot : sweep.plots) {
    PlotWish wish{plot.x, plot.by, plot.y, {}, {}};
    if (plot.log != SweepPlot::Log::automatic) {
      wish.log_x = plot.log == SweepPlot::Log::x || plot.log == SweepPlot::Log::xy;
      wish.log_y = plot.log == SweepPlot::Log::y || plot.log == SweepPlot::Log::xy;
    }
    wishes.push_back(wish);
  }
  return wishes;
}

std::vector<std::string> draw(const SweepTable& table, const std::vector<Plot>& plots, const std::string& out) {
  const std::string folder = out + "/plots";
  fs::create_directories(folder);
  std::vector<std::string> files;
  for (const Plot& plot : plots) {
    const std::string script = plot.file_name + ".gnuplot";
    write_file(folder + '/' + script, gnuplot_script(table, plot));
    run_gnuplot(script, folder);
    files.push_back(folder + '/' + plot.file_name + ".svg");
  }
  return files;
}

int say_what_would_run(const Sweep& sweep, const std::vector<SweepRun>& runs, const std::vector<std::size_t>& places) {
  for (const std::size_t place : places) fmt::print("{}\n", words_of(sweep, runs[place]));
  fmt::print("{} of {} runs would be made, {} are there\n", places.size(), runs.size(), runs.size() - places.size());
  return 0;
}

void say_invalid(const Sweep& sweep, const std::vector<SweepRun>& runs) {
  for (const SweepRun& run : runs) {
    if (!run.is_done()) continue;
    const Summary summary = summary_of(run);
    if (summary.valid()) continue;
    fmt::print(stderr, "not valid, and in no median: {}: {}\n", words_of(sweep, run), summary.invalid_reasons.front());
  }
}

void show(const SweepTable& table, const std::vector<Plot>& plots, const std::vector<std::string>& files,
          const std::string& out, const Style& style) {
  fmt::print("{} {} {} {} {} runs {} medians\n\n{}", table.name, dot(style), table.scenario, dot(style),
             table.rows.size(), dot(style), view_of(table, style));
  for (const Plot& plot : plots) fmt::print("\n{}", view_of(table, plot, style));
  fmt::print("\ntable in {}/table.csv\n", out);
  for (const std::string& file : files) fmt::print("plot in {}\n", file);
}

CostProfile profile_for(const SweepArguments& arguments, const Sweep& sweep) {
  if (!arguments.profile.empty()) return load_profile(arguments.profile);
  return sweep.worlds.size() == 2 ? host_profile() : reference_profile();
}

int exit_code(const SweepTable& table, const Made& made) {
  if (made.failed > 0) return kNotMade;
  const bool valid = std::all_of(table.rows.begin(), table.rows.end(), [](const auto& row) { return row.valid(); });
  return valid ? 0 : kInvalid;
}

}  // namespace

int sweep_command(const SweepArguments& arguments, const Style& style) {
  const Sweep sweep = load_sweep(arguments.file);
  for (const std::string& warning : sweep.warnings) fmt::print(stderr, "warning: {}\n", warning);
  if (arguments.plot && !has_gnuplot())
    throw ResultsError("cannot draw plots: there is no gnuplot here; install the package gnuplot-nox");
  const CostProfile profile = profile_for(arguments, sweep);
  const std::string out = arguments.out.empty() ? "runs/" + sweep.name : arguments.out;
  const std::vector<SweepRun> runs = runs_of(sweep, profile, out);
  if (arguments.dry_run) return say_what_would_run(sweep, runs, missing(runs, arguments.again));
  const FolderLock lock(out);
  remove_unfinished(out);
  const std::vector<std::size_t> places = missing(runs, arguments.again);
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const Made made = make_missing(sweep, runs, places, profile, arguments.jobs == 0 ? cores : arguments.jobs);
  if (made.interrupted) {
    const std::size_t left = missing(runs, false).size();
    fmt::print(stderr, "interrupted: {} of {} runs are there; the same command makes the rest\n", runs.size() - left,
               runs.size());
    return kInterrupted;
  }
  const SweepTable table = table_of(sweep, runs);
  write_file(out + "/table.csv", csv_of(table));
  write_file(out + "/table.json", json_of(table));
  if (!arguments.csv.empty()) write_file(arguments.csv, csv_of(table));
  const std::vector<Plot> plots = arguments.plot ? plots_of(table, wishes_of(sweep)) : std::vector<Plot>();
  const std::vector<std::string> files = draw(table, plots, out);
  say_invalid(sweep, runs);
  if (arguments.json) {
    fmt::print("{}", json_of(table));
  } else {
    show(table, plots, files, out, style);
  }
  return exit_code(table, made);
}

}  // namespace meshtwin
