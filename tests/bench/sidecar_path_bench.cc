// What a simulated request costs by the number of pods, on the whole engine: load generator, client sidecar, server
// sidecar, workload and back, with probes and control streams running beside it. Half of the pods (at most a
// thousand) send 5,000 requests a second over all, the others serve; twenty make a service. Every pod is used.
//
// `requests_per_cpu_s`: over five seconds in the midst of the load, by processor time. `events_per_request`: what a
// second of load more costs. `heap_per_pod`: growth of the heap in use (mallinfo2) from before the scenario is loaded
// to the end of those, with the plan; `peak_rss_mb`: the process's, from before the scenario is loaded. `start_cpu_s`:
// loading, building and starting, up to the begin of the load.

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <string>

#include "generated/reference_profile.h"
#include "mesh/runtime/clock.h"
#include "mesh/telemetry/record.h"
#include "scenarios/scenario.h"
#include "sim/world.h"

namespace meshtwin {
namespace {

constexpr int kRate = 5000;  // requests a second, over all
constexpr int kWarmUp = 5;   // seconds of load before the measured ones
constexpr int kMeasured = 5;
constexpr int kPodsOfService = 20;
constexpr int kMostClients = 1000;  // loads that a scenario may have

// Nodes of eight cores for twenty pods each: far from saturation at every size.
std::string scenario_of(int pods, int seconds) {
  const int clients = std::min(pods / 2, kMostClients);
  const int servers = pods - clients;
  const int services = std::max(1, pods / kPodsOfService);
  std::string text = "schema: 1\nname: bench\nseed: 1\nduration: " + std::to_string(seconds) +
                     "s\nmesh: {mode: sidecar}\ntopology:\n  zones: {lab: {nodes: " + std::to_string(services) +
                     ", cores: 8}}\nservices:\n";
  for (int service = 0; service < services; ++service) {
    text += "  s" + std::to_string(service) + ": {pods: {lab: " + std::to_string(servers / services) +
            "}, workers: 16, response: 1KB}\n";
  }
  text += "load:\n";
  for (int client = 0; client < clients; ++client) {
    text += "- {from: lab, to: s" + std::to_string(client % services) +
            ", rate: " + std::to_string(60 * kRate / clients) + "/m}\n";
  }
  return text;
}

class CountingRecorder final : public Recorder {
 public:
  void request(const RequestRecord& record) override { ++(record.failure == Failure::none ? ok : failed); }
  void attempt(const AttemptRecord&) override {}
  void access(AccessRecord) override {}
  void span(const SpanRecord&) override {}
  void metric(MetricRecord) override {}
  void event(EventRecord) override {}

  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
};

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double heap_in_use() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

void reset_peak_rss() {
  std::ofstream("/proc/self/clear_refs") << '5';
}

double peak_rss_mb() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    double kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes / 1024;
  }
  return 0;
}

struct Measured {
  double start_cpu = 0;
  double cpu = 0;  // of the measured seconds
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
  std::uint64_t all_requests = 0;
  std::uint64_t events = 0;  // of the whole run
  double heap = 0;
};

Measured run(int pods, int seconds) {
  Measured measured;
  const double heap_before = heap_in_use();
  const double cpu_before = cpu_seconds();
  const Scenario scenario = load_scenario_text(scenario_of(pods, seconds), "bench", {});
  CountingRecorder recorder;
  const auto world = make_sim_world(scenario.plan, {parse_cost_profile(kReferenceProfile, "reference")}, recorder);
  Timer begin;
  Timer end;
  const RunReport report = world->run([&] {
    measured.start_cpu = cpu_seconds() - cpu_before;
    Clock& clock = world->clock();
    begin = clock.after(kWarmUp * kSecond - clock.now(), [&] {
      measured.requests = recorder.ok;
      measured.cpu = cpu_seconds();
    });
    end = clock.after((kWarmUp + kMeasured) * kSecond - clock.now(), [&] {
      measured.requests = recorder.ok - measured.requests;
      measured.cpu = cpu_seconds() - measured.cpu;
      measured.heap = heap_in_use() - heap_before;
    });
  });
  measured.failed = recorder.failed;
  measured.all_requests = recorder.ok;
  measured.events = report.events;
  return measured;
}

void BM_SidecarPath(benchmark::State& state) {
  const int pods = static_cast<int>(state.range(0));
  const Measured brief = run(pods, 1);
  malloc_trim(0);
  reset_peak_rss();
  for (auto _ : state) {
    const Measured measured = run(pods, kWarmUp + kMeasured + 1);
    if (measured.failed > 0) return state.SkipWithError("requests failed");
    state.SetIterationTime(measured.cpu);
    state.counters["requests_per_cpu_s"] = static_cast<double>(measured.requests) / measured.cpu;
    state.counters["events_per_request"] = static_cast<double>(measured.events - brief.events) /
                                           static_cast<double>(measured.all_requests - brief.all_requests);
    state.counters["heap_per_pod"] = measured.heap / pods;
    state.counters["peak_rss_mb"] = peak_rss_mb();
    state.counters["start_cpu_s"] = measured.start_cpu;
  }
}
BENCHMARK(BM_SidecarPath)
    ->Arg(10)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace meshtwin

BENCHMARK_MAIN();
