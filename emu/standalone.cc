#include "emu/standalone.h"

#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <map>
#include <system_error>

#include "emu/burn_pool.h"
#include "emu/descriptor_limit.h"
#include "emu/emu_clock.h"
#include "emu/event_loop.h"
#include "emu/socket_network.h"
#include "mesh/runtime/chance.h"
#include "mesh/runtime/runtime.h"
#include "mesh/telemetry/record.h"

namespace meshtwin {
namespace {

// Events to the standard error, the access log to its file.
class EventWriter final : public Recorder {
 public:
  explicit EventWriter(const std::string& access_log) {
    if (access_log.empty()) return;
    log_ = access_log == "stdout" ? ::fdopen(::dup(STDOUT_FILENO), "a") : std::fopen(access_log.c_str(), "ae");
    if (log_ == nullptr) throw std::system_error(errno, std::generic_category(), "open " + access_log);
    std::setvbuf(log_, nullptr, _IOLBF, BUFSIZ);
  }
  ~EventWriter() override {
    if (log_ != nullptr) std::fclose(log_);
  }
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;
  void request(const RequestRecord&) override {}
  void attempt(const AttemptRecord&) override {}
  void event(EventRecord event) override {
    std::fprintf(stderr, "%s %s: %s\n", event.kind.c_str(), event.subject.c_str(), event.detail.c_str());
  }
  void access(AccessRecord access) override { std::fprintf(log_, "%s\n", access.line.c_str()); }
  void span(const SpanRecord&) override {}
  void metric(MetricRecord) override {}

 private:
  std::FILE* log_ = nullptr;
};

std::uint64_t random_seed() {
  std::uint64_t seed = 1;
  checked(::getrandom(&seed, sizeof seed, 0), "draw a seed");
  return seed;
}

}  // namespace

int run_standalone(const StaticProxyConfig& config) {
  raise_descriptor_limit();
  EventLoop loop;
  EmuClock clock(loop, monotonic_now());
  SeededChance chance(random_seed());
  BurnPool cpu(loop);
  SocketNetwork network(loop, clock, {});
  EventWriter recorder(config.access_log);
  Runtime runtime{clock, chance, cpu};
  const std::map<std::uint32_t, std::uint32_t> no_pods;
  const SignalWatch signals(loop, {SIGINT, SIGTERM}, [&loop](int) { loop.stop(); });
  const std::unique_ptr<Role> role = make_static_proxy(config, {runtime, network, recorder, Wire::real, 0, no_pods});
  role->start([&config] {
    for (const FixedListener& listener : config.fixed_listeners)
      std::fprintf(stderr, "listening on %s\n", to_string(listener.at).c_str());
    std::fprintf(stderr, "ready\n");
  });
  loop.run();
  return 0;
}

}  // namespace meshtwin
