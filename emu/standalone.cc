#include "emu/standalone.h"

#include <sys/random.h>

#include <csignal>
#include <cstdio>
#include <map>

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

class EventWriter final : public Recorder {
 public:
  void request(const RequestRecord&) override {}
  void attempt(const AttemptRecord&) override {}
  void event(EventRecord event) override {
    std::fprintf(stderr, "%s %s: %s\n", event.kind.c_str(), event.subject.c_str(), event.detail.c_str());
  }
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
  EventWriter recorder;
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
