// What choosing an endpoint and reporting what became of it costs: a proxy does both for every request.

#include <benchmark/benchmark.h>

#include "mesh/traffic/upstream_cluster.h"

namespace meshtwin {
namespace {

std::shared_ptr<const ClusterAssignment> assignment_of(std::int64_t endpoints, bool weighted) {
  auto assignment = std::make_shared<ClusterAssignment>();
  for (std::uint32_t zone = 0; zone < 2; ++zone) {
    LocalityEndpoints& group = assignment->localities.emplace_back();
    group.priority = zone;
    for (std::int64_t i = 0; i < endpoints / 2; ++i) {
      group.endpoints.push_back({{(zone << 24) + static_cast<std::uint32_t>(i), 80},
                                 EndpointHealth::healthy,
                                 weighted ? 1 + static_cast<std::uint32_t>(i % 3) : 1});
    }
  }
  return assignment;
}

void pick_and_report(benchmark::State& state, LbPolicy policy, bool weighted) {
  auto config = std::make_shared<ClusterConfig>();
  config->lb_policy = policy;
  config->outlier.emplace();
  UpstreamCluster cluster(config, RandomStream(1, "bench"));
  cluster.update_endpoints(assignment_of(state.range(0), weighted), 0);
  std::vector<EjectionEvent> events;
  Time now = 0;
  for (auto _ : state) {
    UpstreamCluster::Host* host = cluster.pick(++now);
    cluster.request_started(*host);
    cluster.report(*host, UpstreamOutcome::success, now, events);
    cluster.request_finished(*host);
  }
}

void least_request(benchmark::State& state) {
  pick_and_report(state, LbPolicy::least_request, false);
}
void round_robin(benchmark::State& state) {
  pick_and_report(state, LbPolicy::round_robin, false);
}
void weighted_round_robin(benchmark::State& state) {
  pick_and_report(state, LbPolicy::round_robin, true);
}

// By a hash, as ring hash and Maglev; the table is made before.
void pick_by_hash(benchmark::State& state, LbPolicy policy) {
  auto config = std::make_shared<ClusterConfig>();
  config->lb_policy = policy;
  UpstreamCluster cluster(config, RandomStream(1, "bench"));
  cluster.update_endpoints(assignment_of(state.range(0), false), 0);
  cluster.pick(0, {}, 1, 0);
  std::uint64_t request = 0;
  for (auto _ : state) benchmark::DoNotOptimize(cluster.pick(0, {}, 1, hash_mix(++request, 0)));
}
void ring_hash(benchmark::State& state) {
  pick_by_hash(state, LbPolicy::ring_hash);
}
void maglev(benchmark::State& state) {
  pick_by_hash(state, LbPolicy::maglev);
}

// The table of a cluster whose endpoints have changed.
void make_table(benchmark::State& state, LbPolicy policy) {
  auto config = std::make_shared<ClusterConfig>();
  config->lb_policy = policy;
  for (auto _ : state) {
    UpstreamCluster cluster(config, RandomStream(1, "bench"));
    cluster.update_endpoints(assignment_of(state.range(0), false), 0);
    benchmark::DoNotOptimize(cluster.pick(0, {}, 1, 0));
  }
}
void make_ring(benchmark::State& state) {
  make_table(state, LbPolicy::ring_hash);
}
void make_maglev(benchmark::State& state) {
  make_table(state, LbPolicy::maglev);
}

// A tenth of the hosts has just joined and stays new.
void pick_in_slow_start(benchmark::State& state, LbPolicy policy) {
  auto config = std::make_shared<ClusterConfig>();
  config->lb_policy = policy;
  config->slow_start = SlowStartConfig{1000 * kSecond, 1.5, 10};
  UpstreamCluster cluster(config, RandomStream(1, "bench"));
  cluster.update_endpoints(assignment_of(state.range(0) * 9 / 10, false), -2000 * kSecond);
  cluster.update_endpoints(assignment_of(state.range(0), false), 0);
  Time now = 0;
  for (auto _ : state) benchmark::DoNotOptimize(cluster.pick(++now));
}
void round_robin_in_slow_start(benchmark::State& state) {
  pick_in_slow_start(state, LbPolicy::round_robin);
}
void least_request_in_slow_start(benchmark::State& state) {
  pick_in_slow_start(state, LbPolicy::least_request);
}

// A proxy's first sight of a cluster whose assignment other proxies share.
void take_endpoints(benchmark::State& state) {
  const auto assignment = assignment_of(state.range(0), false);
  auto config = std::make_shared<ClusterConfig>();
  for (auto _ : state) {
    UpstreamCluster cluster(config, RandomStream(1, "bench"));
    cluster.update_endpoints(assignment, 0);
    benchmark::DoNotOptimize(cluster.pick(0));
  }
}

BENCHMARK(least_request)->Arg(4)->Arg(100)->Arg(10000);
BENCHMARK(round_robin)->Arg(4)->Arg(10000);
BENCHMARK(weighted_round_robin)->Arg(4)->Arg(10000);
BENCHMARK(ring_hash)->Arg(10)->Arg(1000)->Arg(10000);
BENCHMARK(maglev)->Arg(10)->Arg(1000)->Arg(10000);
BENCHMARK(make_ring)->Arg(10)->Arg(1000)->Arg(10000);
BENCHMARK(make_maglev)->Arg(10)->Arg(1000)->Arg(10000);
BENCHMARK(round_robin_in_slow_start)->Arg(10)->Arg(1000)->Arg(10000);
BENCHMARK(least_request_in_slow_start)->Arg(10)->Arg(1000)->Arg(10000);
BENCHMARK(take_endpoints)->Arg(4)->Arg(10000);

}  // namespace
}  // namespace meshtwin

BENCHMARK_MAIN();
