#include "emu/calibrate/calibrate.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <fstream>
#include <thread>

#include "emu/calibrate/chain_run.h"
#include "emu/calibrate/derive.h"
#include "emu/calibrate/engine_work.h"
#include "emu/calibrate/ground.h"
#include "emu/calibrate/link_work.h"
#include "emu/calibrate/process.h"
#include "emu/calibrate/small_work.h"

namespace meshtwin {
namespace {

Measurements measure(const CalibrationGround& ground, double effort) {
  Measurements measured;
  measured.loopback = measure_way(ground.loopback(), effort);
  measured.local = measure_way(ground.local(), effort);
  measured.wake = measure_wake_ups(effort);
  measured.churn = measure_churn(ground.local(), effort);
  measured.timer = measure_timers(effort);
  measured.link = measure_link(ground.linked(), ground.network().end_a(0), ground.network().end_b(0), effort);
  measured.codec = measure_codec(effort);
  measured.control = measure_control(effort);
  ChainShape shape;
  shape.length = static_cast<Duration>(effort * static_cast<double>(shape.length));
  measured.chain = run_chain(ground.client(), ground.server(), shape).roles;
  return measured;
}

std::string host_name() {
  utsname kernel{};
  ::uname(&kernel);
  std::ifstream cpus("/proc/cpuinfo");
  std::string model = "unknown processor";
  for (std::string line; std::getline(cpus, line);) {
    if (!line.starts_with("model name")) continue;
    model = line.substr(line.find(':') + 2);
    break;
  }
  return fmt::format("{}, {} {}", model, kernel.sysname, kernel.release);
}

void measure_rounds(const CalibrateOptions& options, const Fd& report) {
  const CalibrationGround ground;
  for (int round = 0; round < options.rounds; ++round) report_value(report, measure(ground, options.effort));
}

}  // namespace

Calibration calibrate(const CalibrateOptions& options, Function<void(std::string)> progress) {
  MeasuredProcess process(-1, [&](const Fd& report) { measure_rounds(options, report); });
  std::vector<Measurements> rounds;
  for (int round = 0; round < options.rounds; ++round) {
    if (progress) progress(fmt::format("round {} of {}", round + 1, options.rounds));
    rounds.push_back(process.read<Measurements>());
  }
  Calibration calibration = combine_rounds(rounds);
  calibration.profile.name = options.name;
  calibration.profile.host = host_name();
  calibration.profile.cores = std::max(1u, std::thread::hardware_concurrency());
  return calibration;
}

}  // namespace meshtwin
