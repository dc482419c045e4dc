#include "emu/role_host.h"

#include <sys/prctl.h>

#include <cassert>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <optional>

#include "emu/burn_pool.h"
#include "emu/descriptor_limit.h"
#include "emu/emu_clock.h"
#include "emu/frame_channel.h"
#include "emu/program_role.h"
#include "emu/role_protocol.h"
#include "emu/socket_network.h"
#include "emu/stream_recorder.h"
#include "mesh/runtime/chance.h"
#include "mesh/runtime/runtime.h"

namespace meshtwin {

namespace {

constexpr Duration kUsageEvery = 200 * kMillisecond;
constexpr int kMemoryEvery = 10;  // of these: reading it costs more than all else here

Duration process_cpu_time() {
  rusage usage{};
  checked(::getrusage(RUSAGE_SELF, &usage), "getrusage");
  const auto of = [](const timeval& t) { return t.tv_sec * kSecond + t.tv_usec * kMicrosecond; };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

// The peak of this program's own memory; getrusage's also counts what the process was before it became this program.
std::int64_t memory_peak() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::int64_t kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes * 1024;
  }
  return -1;
}

template <typename T>
T number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::invalid_argument("not a number: " + std::string(text));
  }
  return value;
}

class RoleHost {
 public:
  RoleHost(Fd channel, const RoleFactory& factory, std::map<std::uint32_t, Fd> reaches)
      : factory_(factory),
        reaches_(std::move(reaches)),
        channel_(
            loop_, std::move(channel),
            [this](std::uint8_t type, std::string_view content) { command(static_cast<ToRole>(type), content); },
            [this](std::string why) {
              if (!why.empty()) std::fprintf(stderr, "the conductor's channel: %s\n", why.c_str());
              loop_.stop();
            }) {}

  void run() { loop_.run(); }

 private:
  // Everything the role stands on; goes after the role.
  struct Ground {
    Ground(EventLoop& loop, const RoleSetup& setup, StreamRecorder::Send send)
        : clock(loop, setup.time_zero),
          chance(setup.seed),
          cpu(loop),
          network(loop, clock, setup.hosts),
          recorder(clock, std::move(send)),
          runtime{clock, chance, cpu} {}

    EmuClock clock;
    SeededChance chance;
    BurnPool cpu;
    SocketNetwork network;
    StreamRecorder recorder;
    Runtime runtime;
  };

  void command(ToRole type, std::string_view content) {
    if ((type == ToRole::setup) == (role_ != nullptr)) throw std::invalid_argument("a command out of order");
    switch (type) {
      case ToRole::setup:
        return set_up(role_setup_from_json(content));
      case ToRole::begin:
        return begin(number<std::int64_t>(content));
      case ToRole::slow:
        return role_->slow(number<double>(content));
      case ToRole::fail:
        return role_->fail(number<double>(content));
      case ToRole::configure:
        return role_->configure(config_change_from_json(content));
      case ToRole::drain:
        return ground_->network.stop_listening();
      case ToRole::report:
        return report();
    }
    throw std::invalid_argument("no such command: " + std::to_string(static_cast<int>(type)));
  }

  void set_up(RoleSetup setup) {
    setup_ = std::move(setup);
    ::prctl(PR_SET_NAME, setup_.name.substr(setup_.name.rfind('/') + 1).c_str());
    ground_.emplace(loop_, setup_, [this](const std::string& batch) { send(FromRole::records, batch); });
    RoleSurroundings surroundings{ground_->runtime, ground_->network, ground_->recorder,
                                  Wire::real,       setup_.pod,       setup_.pod_of_ip};
    for (auto& [pod, space] : reaches_) {
      auto& network = reached_[pod];
      network = std::make_unique<SocketNetwork>(loop_, ground_->clock, Hosts(), std::move(space));
      surroundings.pod_networks[pod] = network.get();
    }
    if (const auto* program = std::get_if<ProgramConfig>(&setup_.config)) {
      auto role = std::make_unique<ProgramRole>(loop_, ground_->clock, ground_->network, *program);
      program_ = role.get();
      role_ = std::move(role);
    } else {
      role_ = factory_(setup_.config, surroundings);
    }
    role_->start([this] { send(FromRole::ready, {}); });
  }

  void begin(std::int64_t time_zero) {
    ground_->recorder.begin(time_zero - ground_->clock.time_zero());
    ground_->clock.set_time_zero(time_zero);
    const Time now = ground_->clock.now();
    if (now < 0) {
      usage_timer_ = ground_->clock.after(-now, [this] {
        cpu_before_ = cpu_time();
        send_usage_later();
      });
    } else {  // started anew during the run: all of its time counts
      send_usage_later();
    }
    role_->begin([this] {
      ground_->recorder.flush();
      send(FromRole::finished, {});
    });
  }

  // Of the program that runs in a role's place, not of this process beside it.
  Duration cpu_time() const { return program_ == nullptr ? process_cpu_time() : program_->spent().cpu; }

  void send_usage_later() {
    counts_ = true;
    usage_timer_ = ground_->clock.after(kUsageEvery, [this] {
      send_usage(++usages_ % kMemoryEvery == 0);
      send_usage_later();
    });
  }

  void send_usage(bool with_memory) {
    if (counts_) spent_.cpu = cpu_time() - cpu_before_;
    if (with_memory) {
      spent_.memory_peak = program_ == nullptr ? memory_peak() : std::max(spent_.memory_peak, program_->spent().memory);
    }
    send(FromRole::usage, to_json_text(spent_));
  }

  void report() {
    usage_timer_.cancel();
    role_->report();
    ground_->recorder.flush();
    send_usage(true);
    send(FromRole::reported, {});
  }

  void send(FromRole type, std::string_view content) { channel_.send(static_cast<std::uint8_t>(type), content); }

  const RoleFactory& factory_;
  std::map<std::uint32_t, Fd> reaches_;
  EventLoop loop_;
  FrameChannel channel_;
  RoleSetup setup_;
  std::optional<Ground> ground_;
  std::map<std::uint32_t, std::unique_ptr<SocketNetwork>> reached_;
  Timer usage_timer_;
  std::unique_ptr<Role> role_;
  ProgramRole* program_ = nullptr;  // the role, when it is one
  Duration cpu_before_ = 0;
  RoleSpent spent_;
  int usages_ = 0;
  bool counts_ = false;
};

}  // namespace

int run_role(Fd channel, const RoleFactory& factory, std::map<std::uint32_t, Fd> reaches) {
  try {
    raise_descriptor_limit();
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    RoleHost host(std::move(channel), factory, std::move(reaches));
    host.run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

}  // namespace meshtwin
