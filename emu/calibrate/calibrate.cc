#include "emu/calibrate/calibrate.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <thread>

#include "emu/calibrate/chain_run.h"
#include "emu/calibrate/derive.h"
#include "emu/calibrate/engine_work.h"
#include "emu/calibrate/link_work.h"
#include "emu/calibrate/process.h"
#include "emu/calibrate/small_work.h"
#include "emu/run_network.h"
#include "mesh/proxy/sidecar_config.h"

namespace meshtwin {
namespace {

constexpr std::uint32_t kRemoteIp = 0x0a02000a;  // 10.2.0.10, in the other zone

// The pods that everything is measured in: the chain's two in one zone, and one beyond a link.
class Ground {
 public:
  Ground()
      : network_({{"a", "b"},
                  {{0, 1}},
                  {{"client", 0, kChainClientIp, true},
                   {"server", 0, kChainServerIp, true},
                   {"remote", 1, kRemoteIp, true}}}) {}

  int client() const { return network_.pod_namespace(0); }
  int server() const { return network_.pod_namespace(1); }
  const RunNetwork& network() const { return network_; }
  // As an application's dial that its pod's capture redirects to the sidecar.
  Way loopback() const { return {client(), client(), {0, kOutboundPort}, {kChainVip, kChainPort}, false}; }
  // As one sidecar's to another.
  Way local() const { return {client(), server(), {0, kInboundPort}, {kChainServerIp, kChainPort}, true}; }
  Way linked() const { return {client(), network_.pod_namespace(2), {0, kInboundPort}, {kRemoteIp, kChainPort}, true}; }

 private:
  RunNetwork network_;
};

Measurements measure(const Ground& ground, double effort) {
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

// Work that needs namespaces is done in a process of its own, so that nothing of it is left in this one.
void enter_sandbox() {
  if (::geteuid() == 0) return;
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  checked(::unshare(CLONE_NEWUSER), "make a user namespace");
  const auto write = [](const char* path, const std::string& text) {
    std::ofstream file(path);
    if (!(file << text << std::flush)) throw_errno(std::string("write ") + path);
  };
  write("/proc/self/setgroups", "deny");
  write("/proc/self/uid_map", fmt::format("0 {} 1", uid));
  write("/proc/self/gid_map", fmt::format("0 {} 1", gid));
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

std::string read_text(MeasuredProcess& process) {
  std::string text(process.read<std::size_t>(), '\0');
  process.read(text.data(), text.size());
  return text;
}

void measure_rounds(const CalibrateOptions& options, const Fd& report) {
  enter_sandbox();
  const Ground ground;
  for (int round = 0; round < options.rounds; ++round) {
    const std::string profile = to_json(derive_profile(measure(ground, options.effort)));
    report_value(report, profile.size());
    report_bytes(report, profile.data(), profile.size());
  }
}

}  // namespace

Calibration calibrate(const CalibrateOptions& options, Function<void(std::string)> progress) {
  MeasuredProcess process(-1, [&](const Fd& report) { measure_rounds(options, report); });
  std::vector<CostProfile> rounds;
  for (int round = 0; round < options.rounds; ++round) {
    if (progress) progress(fmt::format("round {} of {}", round + 1, options.rounds));
    rounds.push_back(parse_cost_profile(read_text(process), "calibration"));
  }
  Calibration calibration = combine_rounds(rounds);
  calibration.profile.name = options.name;
  calibration.profile.host = host_name();
  calibration.profile.cores = std::max(1u, std::thread::hardware_concurrency());
  return calibration;
}

}  // namespace meshtwin
