#include "emu/calibrate/calibrate.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
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
constexpr double kQuietEnough = 0.05;             // share of the cores that others may take more than in the quietest

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

ChainFigures mean_of_chains(const std::vector<const ChainFigures*>& chains) {
  ChainFigures mean = *chains.front();
  const auto average = [&](auto&& figure) {
    double sum = 0;
    for (const ChainFigures* chain : chains) sum += figure(*chain);
    return sum / static_cast<double>(chains.size());
  };
  mean.latency_p50 = average([](const ChainFigures& of) { return of.latency_p50; });
  mean.latency_p90 = average([](const ChainFigures& of) { return of.latency_p90; });
  mean.latency_mean = average([](const ChainFigures& of) { return of.latency_mean; });
  for (std::size_t place = 0; place < kChainRoles; ++place) {
    ChainRoleFigures& role = mean.roles[place];
    role.cpu = average([place](const ChainFigures& of) { return of.roles[place].cpu; });
    for (std::size_t other = 1; other < chains.size(); ++other) {
      const ChainRoleFigures& more = chains[other]->roles[place];
      for (std::size_t k = 0; k < more.hops.size(); ++k) role.hops[k] += more.hops[k];
      for (std::size_t k = 0; k < more.turns.size(); ++k) role.turns[k] += more.turns[k];
    }
  }
  return mean;
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

ChainSet mean_of_sets(const std::vector<ChainSet>& sets) {
  ChainSet mean = sets.front();
  for (std::size_t i = 0; i < mean.size(); ++i) {
    double least = sets.front()[i].others;
    for (const ChainSet& set : sets) least = std::min(least, set[i].others);
    std::vector<const ChainFigures*> quiet;
    for (const ChainSet& set : sets) {
      if (set[i].others <= least + kQuietEnough) quiet.push_back(&set[i]);
    }
    mean[i] = mean_of_chains(quiet);
  }
  return mean;
}

void scale_to(const ChainSet& chains, CostProfile& profile) {
  double sum = 0;
  double counted = 0;
  for (std::size_t i = 0; i < chains.size(); ++i) {
    double measured = 0;
    double modelled = 0;
    for (const ChainRoleFigures& role : chains[i].roles) {
      if (role.cpu <= 0) continue;
      measured += role.cpu;
      modelled += modelled_cpu(profile, role, kChainPlaces[i].sidecars);
    }
    if (measured <= 0 || modelled <= 0) continue;
    sum += std::log(measured / modelled);
    counted += 1;
  }
  if (counted == 0) return;
  const double factor = std::exp(sum / counted);
  for (OperationCost& cost : profile.operations) {
    cost.fixed_ns *= factor;
    cost.per_unit_ns *= factor;
  }
}

}  // namespace meshtwin
