// How fast the simulator's core is: events a second by how many are pending, cancels, and request/response exchanges
// over a stream pair (two deliveries each, with socket costs and wake-ups). Simulated deliveries a request of the mesh:
// six.

#include <benchmark/benchmark.h>

#include "mesh/base/random.h"
#include "tests/unit/sim/network_fixture.h"

namespace meshtwin {
namespace {

// Every event asks for the next, `state.range(0)` pending at any time.
void BM_Events(benchmark::State& state) {
  EventQueue queue;
  RandomStream random(1, "bench");
  struct Chain {
    EventQueue& queue;
    RandomStream& random;
    void operator()() const { queue.schedule(queue.now() + 1 + static_cast<Time>(random.bits() & 0xffff), *this); }
  };
  for (int i = 0; i < state.range(0); ++i) Chain{queue, random}();
  constexpr int kBatch = 1 << 16;
  for (auto _ : state) {
    const std::uint64_t until = queue.executed() + kBatch;
    while (queue.executed() < until) {
      queue.schedule(queue.now() + 0x10000, [&queue] { queue.stop(); });
      queue.run();
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(queue.executed()));
}
BENCHMARK(BM_Events)->Arg(10)->Arg(1000)->Arg(100'000);

void BM_ScheduleAndCancel(benchmark::State& state) {
  EventQueue queue;
  for (int i = 0; i < 1000; ++i) queue.schedule(1 + i, [] {});
  Time at = 0;
  for (auto _ : state) queue.cancel(queue.schedule(1000 + (++at & 0xffff), [] {}));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ScheduleAndCancel);

CostProfile some_costs() {
  CostProfile profile = null_cost_profile();
  for (Operation operation : {Operation::socket_read, Operation::socket_write, Operation::wake_up}) {
    profile[operation] = {2000, 0.2};
  }
  profile.cores = 64;
  profile.wake_up_latency = 3000;
  profile.local_hop = 5000;
  profile.loopback_hop = 2000;
  return profile;
}

// `state.range(0)` connections, each with one exchange under way at any time.
void BM_Exchanges(benchmark::State& state) {
  LinkShape shape;
  shape.rtt = kMillisecond;
  shape.bandwidth_bps = 10'000'000'000;
  const bool across = state.range(1) != 0;
  SimNetworks nets(across ? pods_in({0, 1}, shape) : pods_in({0, 0}), some_costs());
  std::vector<std::unique_ptr<ByteStream>> servers;
  std::vector<std::unique_ptr<ByteStream>> clients;
  std::vector<Handle> dials;
  std::uint64_t exchanges = 0;
  Handle listener = nets.networks[1]->listen({0, 80}, [&](AcceptedStream accepted) {
    servers.push_back(std::move(accepted.stream));
    servers.back()->on_read([stream = servers.back().get()](ReadEvent, Buffer& data) {
      data.clear();
      data.append_virtual(1000);
      stream->write(data);
    });
  });
  for (int i = 0; i < state.range(0); ++i) {
    dials.push_back(nets.networks[0]->dial({0x0a000002, 80}, {}, [&](std::unique_ptr<ByteStream> stream, DialError) {
      clients.push_back(std::move(stream));
      const auto ask = [stream = clients.back().get()](Buffer& data) {
        data.clear();
        data.append_virtual(200);
        stream->write(data);
      };
      clients.back()->on_read([&exchanges, ask](ReadEvent, Buffer& data) {
        ++exchanges;
        ask(data);
      });
      Buffer first;
      ask(first);
    }));
  }
  nets.run_for(10 * kMillisecond);
  const std::uint64_t begin = exchanges;
  const std::uint64_t events = nets.queue.executed();
  for (auto _ : state) nets.run_for(100 * kMillisecond);
  state.SetItemsProcessed(static_cast<std::int64_t>(exchanges - begin));
  state.counters["events_per_exchange"] =
      static_cast<double>(nets.queue.executed() - events) / static_cast<double>(exchanges - begin);
}
BENCHMARK(BM_Exchanges)->Args({1, 0})->Args({100, 0})->Args({1, 1})->Args({100, 1});

}  // namespace
}  // namespace meshtwin

BENCHMARK_MAIN();
