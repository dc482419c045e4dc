// bench_calibration: does a cost profile give back what it was made from? Measures a ping-pong and the chain of
// emu/calibrate/chain.h on this host, runs the same two over the simulator with the profile, and prints both. Options:
// FILE (a profile; without one this host is calibrated first), --rounds N, --out FILE (writes the profile).

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "emu/calibrate/calibrate.h"
#include "emu/calibrate/chain_run.h"
#include "emu/calibrate/derive.h"
#include "emu/calibrate/echo.h"
#include "emu/calibrate/ground.h"
#include "emu/calibrate/process.h"
#include "mesh/base/histogram.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/network.h"
#include "mesh/runtime/runtime.h"
#include "mesh/telemetry/record.h"
#include "scenarios/main/chain_model.h"
#include "scenarios/main/tune_profile.h"
#include "sim/world.h"

namespace meshtwin {
namespace {

constexpr int kPings = 2000;

struct Options {
  CalibrateOptions calibrate;
  std::string profile;
  std::string out;
};

// Poisson arrivals, and other rates than those that the profile is made from.
constexpr std::array<ChainPlace, 6> kChecks = {
    {{false, 60}, {false, 1000}, {true, 30}, {true, 250}, {true, 1000}, {true, 2000}}};

struct Measured {
  EchoFigures loopback;
  EchoFigures local;
  std::array<ChainFigures, kChecks.size()> chains;
};

ChainShape shape_of(const ChainPlace& place) {
  ChainShape shape;
  shape.sidecars = place.sidecars;
  shape.rate = place.rate;
  shape.length = 300 * kMillisecond + static_cast<Duration>(std::max(1.0, 60 / place.rate) * 1e9);
  return shape;
}

Measured measure_here() {
  const CalibrationGround ground;
  EchoOptions echo;
  echo.bytes = 1024;
  Measured measured;
  measured.loopback = measure_echo(ground.loopback(), echo);
  measured.local = measure_echo(ground.local(), echo);
  for (std::size_t i = 0; i < kChecks.size(); ++i) {
    const ChainShape shape = shape_of(kChecks[i]);
    measured.chains[i] = run_quiet_chain(ground.chain(shape), shape);
  }
  return measured;
}

// The two ends of a modelled ping-pong, as roles.
class Pinged final : public Role {
 public:
  explicit Pinged(const RoleSurroundings& surroundings) : surroundings_(surroundings) {}
  void start(Callback on_ready) override {
    listener_ = surroundings_.network.listen({0, kChainPort}, [this](AcceptedStream accepted) {
      stream_ = std::move(accepted.stream);
      stream_->on_read([this](ReadEvent event, Buffer& data) {
        if (event == ReadEvent::data) stream_->write(data);
      });
    });
    on_ready();
  }

 private:
  RoleSurroundings surroundings_;
  Handle listener_;
  std::unique_ptr<ByteStream> stream_;
};

class Pinging final : public Role {
 public:
  Pinging(const RoleSurroundings& surroundings, SocketAddress to, std::size_t bytes, Histogram& round_trips)
      : surroundings_(surroundings), to_(to), bytes_(bytes), round_trips_(round_trips) {}
  void start(Callback on_ready) override { on_ready(); }
  void begin(Callback on_finished) override {
    on_finished_ = std::move(on_finished);
    Clock& clock = surroundings_.runtime.clock;
    start_ = clock.after(-clock.now(), [this] { dial(); });  // processor time counts from time zero
  }

 private:
  void dial() {
    dialling_ = surroundings_.network.dial(to_, {}, [this](std::unique_ptr<ByteStream> stream, DialError) {
      stream_ = std::move(stream);
      stream_->on_read([this](ReadEvent, Buffer& data) { read(data.size()); });
      send();
    });
  }

  void send() {
    sent_ = surroundings_.runtime.clock.now();
    Buffer message;
    message.append_virtual(bytes_);
    stream_->write(message);
  }
  void read(std::size_t bytes) {
    received_ += bytes;
    if (received_ < bytes_) return;
    received_ = 0;
    round_trips_.add(surroundings_.runtime.clock.now() - sent_);
    if (++pings_ < kPings) return send();
    on_finished_();
  }

  RoleSurroundings surroundings_;
  const SocketAddress to_;
  const std::size_t bytes_;
  Histogram& round_trips_;
  Callback on_finished_;
  Timer start_;
  Handle dialling_;
  std::unique_ptr<ByteStream> stream_;
  Time sent_ = 0;
  std::size_t received_ = 0;
  int pings_ = 0;
};

class NoRecorder final : public Recorder {
 public:
  void request(const RequestRecord&) override {}
  void attempt(const AttemptRecord&) override {}
  void access(AccessRecord) override {}
  void span(const SpanRecord&) override {}
  void metric(MetricRecord) override {}
  void event(EventRecord) override {}
};

ModelledChain model_ping_pong(const CostProfile& profile, bool loopback, std::size_t bytes) {
  Plan plan = plan_of_chain(ChainShape(), false);
  plan.duration = 10 * kSecond;
  plan.pods[0].roles.push_back({"client/load", LoadConfig()});
  plan.pods[loopback ? 0 : 1].roles.push_back({"server/workload", WorkloadConfig()});
  ModelledChain modelled;
  NoRecorder recorder;
  const SocketAddress to{loopback ? kLoopback : kChainServerIp, kChainPort};
  const auto world =
      make_sim_world(plan, {profile}, recorder,
                     [&](const RoleConfig& config, const RoleSurroundings& surroundings) -> std::unique_ptr<Role> {
                       if (std::holds_alternative<LoadConfig>(config)) {
                         return std::make_unique<Pinging>(surroundings, to, bytes, modelled.latency);
                       }
                       return std::make_unique<Pinged>(surroundings);
                     });
  const RunReport report = world->run([] {});
  modelled.cpu[0] = static_cast<double>(report.roles.at("client/load").cpu);
  modelled.cpu[1] = static_cast<double>(report.roles.at("server/workload").cpu);
  return modelled;
}

constexpr const char* kRoleNames[kChainRoles] = {"load", "client sidecar", "server sidecar", "workload"};

void print_row(const std::string& what, double measured, double modelled) {
  fmt::print("{:<34}{:>12.1f}{:>12.1f}{:>9.0f}%\n", what, measured / 1000, modelled / 1000,
             100 * (modelled - measured) / measured);
}

void compare_chain(const CostProfile& profile, const ChainPlace& place, const ChainFigures& measured) {
  const ChainShape shape = shape_of(place);
  const ModelledChain modelled = model_chain(profile, shape);
  fmt::print("chain {} sidecars, {}/s ({:.0f} % of the host taken by others)\n", place.sidecars ? "with" : "without",
             place.rate, 100 * measured.others);
  print_row("  latency p50", measured.latency_p50, static_cast<double>(modelled.latency.quantile(0.5)));
  print_row("  latency p90", measured.latency_p90, static_cast<double>(modelled.latency.quantile(0.9)));
  const auto requests = static_cast<double>(modelled.latency.count());
  for (std::size_t i = 0; i < kChainRoles; ++i) {
    if (!takes_part(static_cast<ChainRole>(i), shape)) continue;
    const ChainRoleFigures& role = measured.roles[i];
    print_row(fmt::format("  cpu of {}", kRoleNames[i]), role.cpu, modelled.cpu[i] / requests);
    print_row(fmt::format("    by counts, {:.2f} sleeps", role.sleeps), role.cpu,
              modelled_cpu(profile, role, place.sidecars));
  }
}

void compare(const CostProfile& profile, const Measured& measured) {
  fmt::print("\n{:<34}{:>12}{:>12}{:>10}\n", "us", "measured", "modelled", "error");
  for (const bool loopback : {true, false}) {
    const EchoFigures& echo = loopback ? measured.loopback : measured.local;
    const ModelledChain modelled = model_ping_pong(profile, loopback, echo.bytes);
    const std::string way = loopback ? "loopback" : "local";
    print_row(way + " ping-pong, round trip", echo.round_trip, static_cast<double>(modelled.latency.quantile(0.5)));
    print_row(way + " ping-pong, cpu a message", echo.cpu, (modelled.cpu[0] + modelled.cpu[1]) / kPings / 2);
  }
  for (std::size_t i = 0; i < kChecks.size(); ++i) compare_chain(profile, kChecks[i], measured.chains[i]);
}

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--rounds" && i + 1 < argc) {
      options.calibrate.rounds = std::stoi(argv[++i]);
    } else if (argument == "--out" && i + 1 < argc) {
      options.out = argv[++i];
    } else {
      options.profile = argument;
    }
  }
  return options;
}

CostProfile profile_of(const Options& options) {
  if (!options.profile.empty()) {
    std::ifstream file(options.profile);
    return parse_cost_profile({std::istreambuf_iterator<char>(file), {}}, options.profile);
  }
  CalibrateOptions how = options.calibrate;
  how.name = "reference";
  Calibration calibration = calibrate(how, [](const std::string& what) { fmt::print(stderr, "{}\n", what); });
  fmt::print("{}", to_table(calibration));
  tune_latency(calibration.chains, calibration.profile);
  if (!options.out.empty()) std::ofstream(options.out) << to_json(calibration.profile);
  return calibration.profile;
}

}  // namespace
}  // namespace meshtwin

int main(int argc, char** argv) {
  using namespace meshtwin;
  try {
    const Options options = read_options(argc, argv);
    const CostProfile profile = profile_of(options);
    MeasuredProcess process(-1, [&](const Fd& report) { report_value(report, measure_here()); });
    const Measured measured = process.read<Measured>();
    compare(profile, measured);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
