// bench_recording: what it costs to write a run down while it goes on. Pairs of runs of one scenario, in the simulator
// with and without the store on disk and with and without sampled spans, in the emulator with and without both; the
// order alternates. Prints each pair's ratio and the median. Options: FILE (a scenario) SIM-PAIRS EMU-PAIRS SEED.

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "scenarios/main/profiles.h"
#include "scenarios/main/run_one.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;

struct Way {
  bool stored = false;
  bool sampled = false;
};

double own_cpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

class Recording {
 public:
  Recording(std::string file, std::uint64_t seed) : file_(std::move(file)), seed_(seed) {
    std::string pattern = (fs::temp_directory_path() / "meshtwin-recording-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder below /tmp");
    folder_ = pattern;
  }
  ~Recording() { fs::remove_all(folder_); }

  // Wall seconds of the simulation, until all is written; processor seconds of the emulation's roles and of who writes
  // down what they say.
  double simulate(const Way& way) {
    const auto begun = std::chrono::steady_clock::now();
    run(way, WorldKind::sim);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  }
  double emulate(const Way& way) {
    const double before = own_cpu();
    const FinishedRun run = this->run(way, WorldKind::emu);
    double cpu = own_cpu() - before;
    for (const auto& [name, role] : run.summary.roles) cpu += static_cast<double>(role.cpu) / kSecond;
    if (!run.summary.valid()) fmt::print("  (not valid: {})\n", run.summary.invalid_reasons.front());
    return cpu;
  }

 private:
  FinishedRun run(const Way& way, WorldKind world) {
    LoadOptions load;
    load.seed = static_cast<std::int64_t>(seed_);
    load.set.push_back(world == WorldKind::sim ? "duration=300s" : "duration=10s");
    load.set.push_back(std::string("mesh.tracing.sampling=") + (way.sampled ? "5%" : "0%"));
    RunOptions options{""};
    if (way.stored) options.folder = folder_;
    FinishedRun run = run_one(load_scenario(file_, load), world, reference_profile(), options);
    run.folder.reset();
    return run;
  }

  std::string file_;
  std::uint64_t seed_;
  std::string folder_;
};

void compare(const std::string& what, int pairs, const std::function<double(const Way&)>& run, const Way& without,
             const Way& with) {
  std::vector<double> ratios;
  for (int i = 0; i < pairs; ++i) {
    double plain = 0;
    double recorded = 0;
    for (int half = 0; half < 2; ++half) {
      const bool first = (half == 0) == (i % 2 == 0);
      (first ? plain : recorded) = run(first ? without : with);
    }
    ratios.push_back(recorded / plain);
    fmt::print("{}, pair {}: {:.3f} s without, {:.3f} s with, {:+.1f} %\n", what, i + 1, plain, recorded,
               100 * (ratios.back() - 1));
  }
  std::sort(ratios.begin(), ratios.end());
  if (pairs > 0) {
    const auto half = static_cast<std::size_t>(pairs) / 2;
    const double median = pairs % 2 == 1 ? ratios[half] : (ratios[half - 1] + ratios[half]) / 2;
    fmt::print("{}: median {:+.1f} % ({:+.1f} to {:+.1f})\n\n", what, 100 * (median - 1), 100 * (ratios.front() - 1),
               100 * (ratios.back() - 1));
  }
}

}  // namespace
}  // namespace meshtwin

int main(int argc, char** argv) {
  using namespace meshtwin;
  const std::string file = argc > 1 ? argv[1] : "tests/prove/rate.yaml";
  const int sim_pairs = argc > 2 ? std::atoi(argv[2]) : 7;
  const int emu_pairs = argc > 3 ? std::atoi(argv[3]) : 5;
  Recording recording(file, argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 1);
  const auto simulate = [&](const Way& way) { return recording.simulate(way); };
  const auto emulate = [&](const Way& way) { return recording.emulate(way); };
  compare("simulator, wall time, store", sim_pairs, simulate, {false, true}, {true, true});
  compare("simulator, wall time, spans of 5 %", sim_pairs, simulate, {false, false}, {false, true});
  compare("simulator, wall time, both", sim_pairs, simulate, {false, false}, {true, true});
  compare("emulator, processor time, both", emu_pairs, emulate, {false, false}, {true, true});
  return 0;
}
