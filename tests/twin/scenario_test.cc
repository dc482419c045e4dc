// Scenarios run from one definition in both worlds, with what must come out of them in either: counts, shares and
// events, never times. The emulated runs need namespaces (root, or user namespaces) and are skipped, saying so, where
// there are none.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "results/run_store.h"
#include "scenarios/main/profiles.h"
#include "scenarios/main/run_one.h"
#include "scenarios/scenario.h"
#include "tests/twin/obstacle.h"

namespace meshtwin {
namespace {

// Two zones; the client's own holds two of the four backends. `{}` is the timeline.
constexpr const char* kTwoZones = R"(
schema: 1
name: two-zones
seed: 5
duration: 6s
topology:
  zones: {near: {nodes: 1}, far: {nodes: 1}}
  links: [{between: [near, far], rtt: 2ms, bandwidth: 1Gbit}]
mesh: {mode: sidecar, control_plane: {zone: far}}
services:
  backend: {pods: {near: 2, far: 2}, workers: 8, handler: [{compute: 2ms}], response: 1KB}
resources:
- apiVersion: networking.istio.io/v1
  kind: DestinationRule
  metadata: {name: backend}
  spec:
    host: backend
    trafficPolicy:
      outlierDetection: {consecutive5xxErrors: 3, interval: 1s, baseEjectionTime: 30s, maxEjectionPercent: 100}
load: [{from: near, to: backend, rate: 100/s}]
)";

class Twin : public testing::TestWithParam<WorldKind> {
 protected:
  void SetUp() override {
    if (GetParam() == WorldKind::emu && !obstacle().empty()) GTEST_SKIP() << obstacle();
  }

  FinishedRun run(const std::string& text, std::vector<std::string> set = {}) {
    scenario_ = load_scenario_text(text, "twin.yaml", {std::move(set)});
    return run_one(scenario_, GetParam(), reference_profile(), {"twin"});
  }

  // Attempts begun in [begin, end) that were answered from `zone`, as a share of all answered ones.
  double share(const FinishedRun& run, const std::string& zone, Time begin, Time end) const {
    std::uint64_t there = 0, all = 0;
    run.store->each_attempt([&](const AttemptRecord& attempt) {
      if (attempt.status == 0 || attempt.at < begin || attempt.at >= end) return;
      ++all;
      if (scenario_.plan.zones[scenario_.plan.pods[attempt.to_pod].zone].name == zone) ++there;
    });
    EXPECT_GT(all, 0u);
    return all == 0 ? -1 : static_cast<double>(there) / static_cast<double>(all);
  }

  static long events(const FinishedRun& run, const std::string& kind) {
    return std::ranges::count_if(run.store->events(), [&](const EventRecord& event) { return event.kind == kind; });
  }

  Scenario scenario_;
};

std::string with_timeline(const std::string& timeline) {
  return kTwoZones + ("timeline:\n" + timeline);
}

TEST_P(Twin, WithoutFaultsTheNearZoneServesAll) {
  const FinishedRun run = this->run(kTwoZones);
  EXPECT_EQ(run.summary.requests.ok, run.summary.requests.sent);
  EXPECT_NEAR(static_cast<double>(run.summary.requests.sent), 600, 5 * 24.5);
  EXPECT_EQ(share(run, "near", 0, 6 * kSecond), 1.0);
}

TEST_P(Twin, ACrashedZoneIsLeftAndComesBack) {
  const FinishedRun run =
      this->run(with_timeline(R"(
- {at: 2s, fail: {service: backend, zone: near, how: crash}}
- {at: 4s, restore: {service: backend, zone: near}}
)"),
                {"resources.0.spec.trafficPolicy.outlierDetection.baseEjectionTime=1s", "duration=9s"});
  EXPECT_EQ(share(run, "near", 0, 2 * kSecond), 1.0);
  EXPECT_EQ(share(run, "far", 2500 * kMillisecond, 4 * kSecond), 1.0);
  EXPECT_GE(share(run, "near", 8 * kSecond, 9 * kSecond), 0.9) << "at home again";
  EXPECT_GE(events(run, "ejected"), 2);
  // Refused connections are retried; a request is lost only when its retries met dead pods alone.
  EXPECT_GE(static_cast<double>(run.summary.requests.ok), 0.97 * static_cast<double>(run.summary.requests.sent));
}

TEST_P(Twin, AnApplicationThatAnswersErrorsIsEjected) {
  const FinishedRun run = this->run(with_timeline("- {at: 2s, fail: {service: backend, zone: near, how: error}}\n"));
  EXPECT_EQ(share(run, "far", 3 * kSecond, 6 * kSecond), 1.0);
  const auto failed = run.summary.requests.failed.find("HTTP_5XX");
  ASSERT_NE(failed, run.summary.requests.failed.end()) << "a 503 of the application is not retried by default";
  EXPECT_GE(failed->second, 3u);
  EXPECT_LE(failed->second, 30u);
}

TEST_P(Twin, ACrashedApplicationIsReportedByItsSidecar) {
  const FinishedRun run =
      this->run(with_timeline("- {at: 2s, fail: {service: backend, zone: near, how: app-crash}}\n"));
  EXPECT_EQ(share(run, "far", 4 * kSecond, 6 * kSecond), 1.0);
}

// The client's sidecar and the server's each hold a request back: no answer can be there sooner.
TEST_P(Twin, AnExtraDelayIsPaidAtEachSidecar) {
  const FinishedRun run = this->run(kTwoZones, {"duration=2s", "mesh.extra_delay=30ms"});
  EXPECT_EQ(run.summary.requests.ok, run.summary.requests.sent);
  Duration least = kSecond;
  run.store->each_request([&](const RequestRecord& r) { least = std::min(least, r.done - r.intended); });
  EXPECT_GE(least, 2 * 30 * kMillisecond);
  EXPECT_LE(least, 3 * 30 * kMillisecond) << "at no third place";
}

// One zone, two nodes: the client on the first, its only backend on the second.
constexpr const char* kTwoNodes = R"(
schema: 1
name: two-nodes
seed: 5
duration: 6s
topology: {zones: {a: {nodes: 2}}}
mesh: {mode: sidecar, mtls: strict}
services:
  backend: {pods: {a: 1}, node: a-node-1, workers: 8, response: 1KB}
load: [{from: a, to: backend, rate: 100/s, timeout: 1s}]
timeline:
- {at: 2s, fail: {service: backend, how: proxy-crash}}
- {at: 3s, restore: {service: backend}}
)";

// Never past it: while the proxy is dead nothing is answered, and afterwards everything.
TEST_P(Twin, ADeadProxyLetsNothingPastAndComesBackUnderLoad) {
  for (const char* mode : {"sidecar", "ambient"}) {
    const FinishedRun run = this->run(kTwoNodes, {std::string("mesh.mode=") + mode});
    std::uint64_t before = 0, during = 0, after = 0, failed_after = 0;
    run.store->each_request([&](const RequestRecord& request) {
      const bool ok = request.status == 200;
      if (request.done < 2 * kSecond) before += ok;
      if (request.intended >= 2100 * kMillisecond && request.done < 2900 * kMillisecond) during += ok;
      if (request.intended < 5 * kSecond) return;
      after += ok;
      failed_after += !ok;
    });
    EXPECT_GE(before, 150u) << mode;
    EXPECT_EQ(during, 0u) << mode;
    EXPECT_GE(after, 60u) << mode;
    EXPECT_EQ(failed_after, 0u) << mode;
  }
}

TEST_P(Twin, ABlackHoleSwallowsWhatWasUnderWay) {
  const FinishedRun run = this->run(with_timeline(R"(
- {at: 2s, fail: {pod: backend-near-0, how: blackhole}}
- {at: 4s, restore: {pod: backend-near-0}}
)"));
  // Without a timeout nothing fails: what waits is answered after the restore.
  EXPECT_EQ(run.summary.requests.ok, run.summary.requests.sent);
  std::uint64_t kept_waiting = 0;
  run.store->each_request([&](const RequestRecord& request) {
    if (request.intended >= 2 * kSecond && request.intended < 4 * kSecond && request.done >= 4 * kSecond)
      ++kept_waiting;
  });
  EXPECT_GE(kept_waiting, 1u);
}

TEST_P(Twin, WithoutAMeshConnectionsAreRefusedAndNobodyRetries) {
  const FinishedRun run =
      this->run(with_timeline("- {at: 2s, fail: {service: backend, zone: near, how: crash}}\n"), {"mesh.mode=none"});
  const auto refused = run.summary.requests.failed.find("CONNECT_REFUSED");
  ASSERT_NE(refused, run.summary.requests.failed.end());
  EXPECT_EQ(run.summary.attempts.retries, 0u);
  EXPECT_EQ(events(run, "ejected"), 0);
}

// What `scripts/prove loss` compares in time, here in counts: message level, packet level and the emulator.
struct Level {
  const char* name;
  WorldKind world;
  const char* network;
};

class LossyLink : public testing::TestWithParam<Level> {
 protected:
  // Segments (lost, sent) on the way from the server: most of each answer's bytes.
  static std::pair<std::uint64_t, std::uint64_t> run_at(const Level& level, const std::string& loss) {
    const Scenario scenario = load_scenario(
        "tests/prove/loss.yaml", {{"duration=6s", "services.store.response=50KB", "topology.links.0.loss=" + loss,
                                   std::string("network=") + level.network}});
    const FinishedRun run = run_one(scenario, level.world, reference_profile(), {level.name});
    EXPECT_GE(run.summary.requests.sent, 200u);
    EXPECT_EQ(run.summary.requests.ok, run.summary.requests.sent) << "TCP repairs what the link loses";
    for (const LinkQuality& link : run.summary.links) {
      if (link.name == "far>near") return {link.lost, link.packets};
    }
    ADD_FAILURE() << "no quality of far>near";
    return {};
  }
};

TEST_P(LossyLink, LosesItsShareAndTcpRepairsIt) {
  if (GetParam().world == WorldKind::emu && !obstacle().empty()) GTEST_SKIP() << obstacle();
  EXPECT_EQ(run_at(GetParam(), "0%").first, 0u);
  const auto [lost, packets] = run_at(GetParam(), "1%");
  const double n = static_cast<double>(packets);
  EXPECT_GT(n, 5'000) << "an answer of 50 KB is 35 segments";
  EXPECT_NEAR(static_cast<double>(lost), 0.01 * n, 5 * std::sqrt(0.01 * 0.99 * n));
}

INSTANTIATE_TEST_SUITE_P(Levels, LossyLink,
                         testing::Values(Level{"message", WorldKind::sim, "message"},
                                         Level{"packet", WorldKind::sim, "packet"},
                                         Level{"real", WorldKind::emu, "message"}),
                         [](const auto& info) { return info.param.name; });

// What must be equal of a span: everything but its times.
using SpanKey = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::string, std::uint32_t>;

std::set<SpanKey> tree_of(const FinishedRun& run) {
  std::set<SpanKey> tree;
  for (const SpanRecord& span : run.store->spans()) {
    tree.emplace(span.trace_high, span.trace_low, span.span, span.parent, std::string(name_of(span.kind)), span.pod);
  }
  return tree;
}

// All roles of a host share a clock, so what causes what stands in its order. In the real world a role may look at the
// clock long after its write: that its answer had been written is then later than that it had been read.
void check_times(const FinishedRun& run, WorldKind world) {
  std::map<std::uint64_t, const SpanRecord*> by_id;
  for (const SpanRecord& span : run.store->spans()) by_id[span.span] = &span;
  for (const SpanRecord& span : run.store->spans()) {
    EXPECT_LE(span.begin, span.sent) << name_of(span.kind);
    EXPECT_LE(span.sent, span.returned) << name_of(span.kind);
    EXPECT_LE(span.returned, span.end) << name_of(span.kind);
    EXPECT_LE(span.connecting + span.retrying, span.sent - span.begin) << name_of(span.kind);
    if (span.parent == 0) continue;
    ASSERT_TRUE(by_id.contains(span.parent));
    const SpanRecord& parent = *by_id[span.parent];
    EXPECT_GE(span.begin, parent.begin) << name_of(span.kind);
    EXPECT_LE(span.returned, parent.returned) << name_of(span.kind);
    if (world != WorldKind::sim) continue;
    EXPECT_GE(span.begin, parent.sent) << name_of(span.kind);
    EXPECT_LE(span.end, parent.returned) << name_of(span.kind);
  }
}

TEST(Twins, WriteDownTheSameTreesOfSpans) {
  constexpr const char* kTree = R"(
schema: 1
name: tree
seed: 5
duration: 3s
topology: {zones: {a: {nodes: 1}}}
mesh: {mode: sidecar, mtls: strict, tracing: {sampling: 30%}}
services:
  front: {pods: {a: 1}, workers: 8, handler: [{call: left}, {parallel: [left, right]}, {compute: 1ms}]}
  left: {pods: {a: 1}, workers: 8, handler: [{compute: 1ms}]}
  right: {pods: {a: 1}, workers: 8}
load: [{from: a, to: front, rate: 50/s}]
)";
  for (const char* propagation : {"w3c", "b3"}) {
    const Scenario scenario =
        load_scenario_text(kTree, "twin.yaml", {{std::string("mesh.tracing.propagation=") + propagation}});
    const FinishedRun sim = run_one(scenario, WorldKind::sim, reference_profile(), {"sim"});
    std::size_t sampled = 0;
    sim.store->each_request([&](const RequestRecord& request) { sampled += request.sampled() ? 1 : 0; });
    EXPECT_GT(sampled, 15u);
    // load, outbound, inbound, server of front; call, outbound, inbound, server of each call.
    EXPECT_EQ(sim.store->spans().size(), 16 * sampled);
    check_times(sim, WorldKind::sim);
    if (!obstacle().empty()) GTEST_SKIP() << obstacle();
    const FinishedRun emu = run_one(scenario, WorldKind::emu, reference_profile(), {"emu"});
    EXPECT_EQ(tree_of(sim), tree_of(emu)) << propagation;
    check_times(emu, WorldKind::emu);
  }
}

// The last values of a series over all pods, by what its labels hold.
double last_of(const FinishedRun& run, const std::string& name, const std::vector<std::string>& labels) {
  std::map<std::pair<std::uint32_t, std::string>, double> last;
  run.store->each_metric([&](Time, std::uint32_t pod, const std::string& series, double value) {
    if (series.starts_with(name + "{")) last[{pod, series}] = value;
  });
  double sum = 0;
  for (const auto& [key, value] : last) {
    const bool meant = std::ranges::all_of(
        labels, [&series = key.second](const std::string& label) { return series.find(label) != std::string::npos; });
    if (meant) sum += value;
  }
  return sum;
}

TEST_P(Twin, MetricsCountWhatTheRecordsHold) {
  const FinishedRun run = this->run(kTwoZones, {"duration=3s", "mesh.mtls=strict", "mesh.metrics.interval=1s"});
  const auto sent = static_cast<double>(run.summary.requests.sent);
  EXPECT_EQ(last_of(run, "istio_requests_total", {"reporter=\"source\"", "response_code=\"200\""}), sent);
  EXPECT_EQ(last_of(run, "istio_requests_total",
                    {"reporter=\"destination\"", "source_principal=\"spiffe://cluster.local/ns/default/sa/load-0\"",
                     "destination_service=\"backend.default.svc.cluster.local\"",
                     "connection_security_policy=\"mutual_tls\""}),
            sent);
  EXPECT_GT(last_of(run, "istio_requests_total", {"reporter=\"destination\"", "source_workload=\"load-0\""}), sent / 2);
  EXPECT_GE(last_of(run, "istio_request_duration_milliseconds_sum", {"reporter=\"destination\""}), 2 * sent);
  EXPECT_EQ(last_of(run, "istio_response_bytes_sum", {"reporter=\"source\""}), 1000 * sent);
  EXPECT_EQ(last_of(run, "meshtwin_workload_workers", {}), 32);
  EXPECT_GE(last_of(run, "meshtwin_workload_busy_seconds_total", {}), sent * 0.002);
  EXPECT_GT(last_of(run, "pilot_xds_pushes", {"type=\"eds\""}), 0);
  const GoldenSignals& near = run.summary.signals.at("backend").at("near");
  EXPECT_GT(near.attempts, 0u);
  EXPECT_EQ(near.errors, 0u);
  EXPECT_GE(near.p50.value(), 2 * kMillisecond);
  EXPECT_GT(near.workers_busy.value(), 0.005);
  EXPECT_GT(near.cores, 0);
}

TEST(Twins, AreAskedForTheSameRequests) {
  const Scenario scenario = load_scenario_text(kTwoZones, "twin.yaml", {{"duration=2s"}});
  const FinishedRun sim = run_one(scenario, WorldKind::sim, reference_profile(), {"sim"});
  if (!obstacle().empty()) GTEST_SKIP() << obstacle();
  const FinishedRun emu = run_one(scenario, WorldKind::emu, reference_profile(), {"emu"});
  EXPECT_EQ(sim.summary.arrivals, emu.summary.arrivals);
  EXPECT_EQ(sim.summary.requests.sent, emu.summary.requests.sent);
}

INSTANTIATE_TEST_SUITE_P(Worlds, Twin, testing::Values(WorldKind::sim, WorldKind::emu),
                         [](const auto& info) { return info.param == WorldKind::sim ? "sim" : "emu"; });

}  // namespace
}  // namespace meshtwin
