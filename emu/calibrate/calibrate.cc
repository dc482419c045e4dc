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

constexpr Duration kSettle = 300 * kMillisecond;  // of a chain, before anything is measured

ChainFigures measure_chain(const CalibrationGround& ground, const ChainPlace& place, double effort) {
  ChainShape shape;
  shape.sidecars = place.sidecars;
  shape.rate = place.rate;
  shape.arrivals = LoadConfig::Arrivals::constant;
  const double seconds = std::max(0.7, 50 / place.rate) * effort;
  shape.length = kSettle + static_cast<Duration>(seconds * static_cast<double>(kSecond));
  return run_quiet_chain(ground.chain(shape), shape);
}

// In a network of its own: the shortcut would take what is measured of TCP.
std::array<double, kEchoSizes.size()> measure_redirect(double effort) {
  std::array<double, kEchoSizes.size()> writes{};
  RunNetworkPlan plan;
  plan.zones = {"a"};
  plan.pods = {{"client", 0, kChainClientIp, false}, {"server", 0, kChainServerIp, false}};
  plan.ebpf = {false, true, true};
  const RunNetwork network(plan);
  if (!network.without_ebpf().empty()) return writes;
  const Way way{network.pod_namespace(0), network.pod_namespace(1), {0, kChainPort}, {kChainServerIp, kChainPort}};
  const WayFigures figures = measure_way(way, effort);
  for (std::size_t i = 0; i < writes.size(); ++i) writes[i] = figures.burst[i].write;
  return writes;
}

ChainSet measure_chain_set(const CalibrationGround& ground, double effort) {
  ChainSet chains;
  for (std::size_t i = 0; i < chains.size(); ++i) chains[i] = measure_chain(ground, kChainPlaces[i], effort);
  return chains;
}

Measurements measure(const CalibrationGround& ground, double effort) {
  Measurements measured;
  measured.loopback = measure_way(ground.loopback(), effort);
  measured.local = measure_way(ground.local(), effort);
  measured.wake = measure_wake_ups(effort);
  measured.churn = measure_churn(ground.local(), effort);
  measured.timer = measure_timers(effort);
  measured.link = measure_link(ground.linked(), ground.network().end_a(0), ground.network().end_b(0), effort);
  measured.redirect = measure_redirect(effort);
  measured.codec = measure_codec(effort);
  measured.http2 = measure_http2(effort);
  measured.tls = measure_tls(effort);
  measured.control = measure_control(effort);
  measured.chains = measure_chain_set(ground, effort);
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

ChainSet measure_chains(double effort) {
  MeasuredProcess process(-1, [effort](const Fd& report) {
    const CalibrationGround ground;
    report_value(report, measure_chain_set(ground, effort));
  });
  return process.read<ChainSet>();
}

void refresh(const ChainSet& chains, CostProfile& profile) {
  Measurements measured{};
  measured.chains = chains;
  derive_roles(measured, profile);
  derive_spread(measured, profile);
}

ChainSet between(const ChainSet& a, const ChainSet& b) {
  ChainSet middle = a;
  for (std::size_t i = 0; i < middle.size(); ++i) {
    ChainFigures& chain = middle[i];
    const auto mean = [&](double ChainFigures::*figure) { chain.*figure = (a[i].*figure + b[i].*figure) / 2; };
    mean(&ChainFigures::latency_p50);
    mean(&ChainFigures::latency_p90);
    mean(&ChainFigures::latency_mean);
    for (std::size_t role = 0; role < kChainRoles; ++role) {
      ChainRoleFigures& of = chain.roles[role];
      const ChainRoleFigures& other = b[i].roles[role];
      of.cpu = (of.cpu + other.cpu) / 2;
      for (std::size_t k = 0; k < of.hops.size(); ++k) of.hops[k] += other.hops[k];
      for (std::size_t k = 0; k < of.turns.size(); ++k) of.turns[k] += other.turns[k];
    }
  }
  return middle;
}

}  // namespace meshtwin
