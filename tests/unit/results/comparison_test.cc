#include "results/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

using Json = nlohmann::ordered_json;

// The ten requests of made_up_run.h, each `more` later.
Summary ten_requests(const char* world, Duration more, Failure fifth = Failure::connect_refused) {
  RunStore plain;
  fill_ten_requests(plain);
  RunStore store;
  plain.each_request([&](RequestRecord r) {
    r.done += more;
    if (r.failure != Failure::none) r.failure = fifth;
    store.request(r);
  });
  plain.each_attempt([&](const AttemptRecord& a) { store.attempt(a); });
  RunSubject subject = two_zone_subject();
  subject.world = world;
  RunReport report;
  report.roles = {{"a/sidecar", {"sidecar", 1000 * kMicrosecond, -1}},
                  {"b/sidecar", {"sidecar", 500 * kMicrosecond + more, -1}},
                  {"c/load", {"load", 100 * kMicrosecond, -1}}};
  return summarise(store, subject, report);
}

const LatencyRow& row(const std::vector<LatencyRow>& rows, const std::string& phase, const std::string& figure) {
  for (const LatencyRow& candidate : rows) {
    if (candidate.phase == phase && candidate.figure == figure) return candidate;
  }
  throw std::runtime_error("no row " + phase + ' ' + figure);
}

TEST(Comparison, HoldsEachFigureAgainstTheEmulators) {
  const Summary sim = ten_requests("sim", 0);
  const Summary emu = ten_requests("emu", 2 * kMillisecond, Failure::reset);
  const Comparison comparison = compare({.sim = &sim, .emu = &emu});
  EXPECT_TRUE(comparison.same_arrivals);
  EXPECT_EQ(comparison.latency.size(), 12u);  // three phases and the whole, three figures each
  EXPECT_TRUE(comparison.mesh_added.empty());
  const LatencyRow& start = row(comparison.latency, "start", "p50");
  EXPECT_EQ(start.sim, 2 * kMillisecond);
  EXPECT_EQ(start.emu, 4 * kMillisecond);
  EXPECT_EQ(relative_error(start.sim, start.emu), -0.5);
  EXPECT_FALSE(start.null_model.has_value());
  EXPECT_EQ(row(comparison.latency, "whole run", "p99").emu, 12 * kMillisecond);

  ASSERT_EQ(comparison.failed.size(), 2u);
  EXPECT_EQ(comparison.failed[0].name, "CONNECT_REFUSED");
  EXPECT_EQ(comparison.failed[0].sim, 1u);
  EXPECT_EQ(comparison.failed[0].emu, 0u);
  EXPECT_EQ(comparison.failed[1].name, "RESET");
  EXPECT_EQ(comparison.failed[1].emu, 1u);

  ASSERT_EQ(comparison.cpu.size(), 2u);
  EXPECT_EQ(comparison.cpu[1].kind, "sidecar");
  EXPECT_DOUBLE_EQ(comparison.cpu[1].sim_us.value(), 150);
  EXPECT_DOUBLE_EQ(comparison.cpu[1].emu_us.value(), 350);
}

TEST(Comparison, WhatTheMeshAddsIsEachWorldMinusItsOwnPairedRun) {
  const Summary sim = ten_requests("sim", 3 * kMillisecond);
  const Summary sim_bare = ten_requests("sim", 0);
  const Summary emu = ten_requests("emu", 5 * kMillisecond);
  const Summary emu_bare = ten_requests("emu", kMillisecond);
  const Summary null = ten_requests("sim", kMillisecond);
  const Summary null_bare = ten_requests("sim", kMillisecond);
  const Summary repeat = ten_requests("emu", 6 * kMillisecond);
  ComparedRuns runs{&sim, &emu, &sim_bare, &emu_bare, &null, &null_bare, &repeat};
  const LatencyRow added = row(compare(runs).mesh_added, "start", "p50");
  EXPECT_EQ(added.sim, 3 * kMillisecond);
  EXPECT_EQ(added.emu, 4 * kMillisecond);
  EXPECT_EQ(added.null_model, 0);
  EXPECT_EQ(added.repeat, 5 * kMillisecond);
  runs.sim_null_bare = nullptr;
  EXPECT_FALSE(row(compare(runs).mesh_added, "start", "p50").null_model.has_value());
}

TEST(Comparison, CarriesTheReasonsOfEveryInvalidRun) {
  const Summary sim = ten_requests("sim", 0);
  Summary emu = ten_requests("emu", 0);
  Summary repeat = emu;
  emu.invalid_reasons = {"busy"};
  repeat.invalid_reasons = {"stolen"};
  const Comparison comparison = compare({.sim = &sim, .emu = &emu, .emu_repeat = &repeat});
  EXPECT_THAT(comparison.invalid_reasons, ::testing::ElementsAre("emu: busy", "emu repeated: stolen"));
}

TEST(Comparison, PhasesOnlyOneRunHasShowNothingForTheOther) {
  Summary sim = ten_requests("sim", 0);
  const Summary emu = ten_requests("emu", 0);
  sim.phases[1].name = "after something else";
  const Comparison comparison = compare({.sim = &sim, .emu = &emu});
  EXPECT_FALSE(row(comparison.latency, "after crash backend in az-a", "p50").sim.has_value());
}

TEST(Comparison, RelativeErrorNeedsARealFigureAboveZero) {
  using Figure = std::optional<double>;
  EXPECT_DOUBLE_EQ(relative_error(Figure(3.0), Figure(2.0)).value(), 0.5);
  EXPECT_FALSE(relative_error(Figure(3.0), Figure(0.0)).has_value());
  EXPECT_FALSE(relative_error(Figure(3.0), Figure(-1.0)).has_value());
  EXPECT_FALSE(relative_error(Figure(), Figure(2.0)).has_value());
  EXPECT_FALSE(relative_error(Figure(3.0), Figure()).has_value());
}

TEST(ComparisonJson, HasTheDocumentedShape) {
  const Summary sim = ten_requests("sim", 0);
  const Summary emu = ten_requests("emu", 2 * kMillisecond);
  const Json got = Json::parse(to_json(compare({.sim = &sim, .emu = &emu, .sim_bare = &sim, .emu_bare = &sim})));
  EXPECT_EQ(got["latency"][0],
            Json::parse(R"({"phase": "start", "figure": "p50", "sim_ms": 2.0, "emu_ms": 4.0, "error": -0.5,
      "error_interval": null, "null_model_ms": null, "null_model_error": null, "null_model_error_interval": null,
      "emu_repeat_ms": null, "emu_repeat_error": null, "emu_repeat_error_interval": null, "repeats": 1})"));
  EXPECT_EQ(got["mesh_added"][0]["sim_ms"], 0.0);
  EXPECT_EQ(got["mesh_added"][0]["emu_ms"], 2.0);
  EXPECT_EQ(got["mesh_added"][0]["error"], -1.0);
  EXPECT_EQ(got["shares"][0],
            Json::parse(R"({"phase": "start", "service": "backend", "zone": "az-a", "sim": 1.0, "emu": 1.0,
      "difference": 0.0, "difference_interval": null, "repeats": 1})"));
  EXPECT_EQ(got["requests"], Json::parse(R"({"sent": {"sim": 10, "emu": 10}, "ok": {"sim": 9, "emu": 9},
      "failed": {"CONNECT_REFUSED": {"sim": 1, "emu": 1}}})"));
  EXPECT_EQ(got["failover_s"]["backend"]["sim"], 0.001000001);
  EXPECT_EQ(got["cpu_us_per_request"]["sidecar"],
            Json::parse(R"({"sim": 150.0, "emu": 350.0, "error": -0.571429, "error_interval": null, "repeats": 1})"));
  std::vector<std::string> keys;
  for (const auto& [key, value] : got.items()) keys.push_back(key);
  EXPECT_THAT(keys, ::testing::ElementsAre("schema", "scenario", "seed", "repeats", "seeds", "valid", "invalid_reasons",
                                           "same_arrivals", "requests", "latency", "mesh_added", "routes",
                                           "routes_mesh_added", "distances", "shares", "success", "retries",
                                           "failover_s", "endpoints", "cpu_us_per_request", "expectations"));
}

// --- With every latency at hand ---

struct Detailed {
  Detailed(const char* world, Duration more, Duration ejected_after) {
    RunSubject subject = two_zone_subject();
    subject.world = world;
    subject.routes = {"az-a to frontend", "az-b to frontend"};
    subject.pod_by_ip = {{"10.0.0.3", "backend-az-a-0"}};
    RunStore plain;
    fill_ten_requests(plain);
    RunStore store;
    plain.each_request([&](RequestRecord r) {
      r.load = r.number % 2 == 0 ? 0 : 1;
      r.done += more;
      store.request(r);
    });
    plain.each_attempt([&](const AttemptRecord& a) { store.attempt(a); });
    store.event({4 * kSecond + ejected_after, "ejected", "10.0.0.3:8080", ""});
    summary = summarise(store, subject, {});
    detail = detail_of(store, subject);
  }
  ComparedRun compared() const { return {&summary, &detail}; }
  Summary summary;
  RunDetail detail;
};

TEST(Comparison, TellsOfRoutesDistancesAndEndpoints) {
  const Detailed sim("sim", 0, 300 * kMillisecond);
  const Detailed emu("emu", kMillisecond, 200 * kMillisecond);
  const Comparison comparison = compare({.sim = sim.compared(), .emu = emu.compared(), .emu_repeat = emu.compared()});
  EXPECT_EQ(comparison.route_latency.size(), 24u);
  // The second route's requests take 2, 4, 6, 8, 10 ms and those of the real run a millisecond more.
  for (const LatencyRow& r : comparison.route_latency) {
    if (r.route != "az-b to frontend" || r.phase != kWholeRun || r.figure != "p50") continue;
    EXPECT_EQ(r.sim, 6 * kMillisecond);
    EXPECT_EQ(r.emu, 7 * kMillisecond);
    EXPECT_EQ(r.repeat, 7 * kMillisecond);
  }
  ASSERT_EQ(comparison.distances.size(), 24u);
  for (const DistanceRow& r : comparison.distances) {
    if (!r.route.empty() || r.phase != kWholeRun) continue;
    // All a millisecond apart, of a mean of 5.55… + 1; one of nine steps of the distribution functions.
    if (r.figure == "wasserstein") EXPECT_NEAR(r.sim.value(), 1 / (50.0 / 9 + 1), 1e-9);
    if (r.figure == "kolmogorov_smirnov") EXPECT_NEAR(r.sim.value(), 1.0 / 9, 1e-9);
    EXPECT_EQ(r.repeat, 0.0);
    EXPECT_FALSE(r.null_model.has_value());
  }
  ASSERT_EQ(comparison.endpoints.size(), 1u);
  EXPECT_EQ(comparison.endpoints[0].endpoint, "backend-az-a-0");
  EXPECT_EQ(comparison.endpoints[0].event, "ejected");
  EXPECT_NEAR(relative_error(comparison.endpoints[0].sim, comparison.endpoints[0].emu).value(), 0.5, 1e-9);
  ASSERT_EQ(comparison.success.size(), 4u);
  EXPECT_EQ(comparison.success.back().sim, 0.9);
  EXPECT_EQ(comparison.retries->emu, 0.0);
}

// --- Several repeats as one ---

Comparison repeat(std::uint64_t seed, Duration sim_more, Duration emu_more) {
  Summary sim = ten_requests("sim", sim_more);
  Summary emu = ten_requests("emu", emu_more);
  sim.seed = emu.seed = seed;
  return compare({.sim = &sim, .emu = &emu});
}

TEST(CombinedComparison, OneRepeatComesBackAsItIs) {
  const Comparison one = repeat(7, 0, kMillisecond);
  EXPECT_EQ(to_json(combine({one})), to_json(one));
}

TEST(CombinedComparison, FiguresAreMeansAndErrorsHaveIntervals) {
  // p50 of the start: sim 2, 3, 4 ms; emu 4, 5, 6 ms.
  const Comparison all = combine({repeat(7, 0, 2 * kMillisecond), repeat(8, kMillisecond, 3 * kMillisecond),
                                  repeat(9, 2 * kMillisecond, 4 * kMillisecond)});
  EXPECT_THAT(all.seeds, ::testing::ElementsAre(7, 8, 9));
  EXPECT_EQ(all.sent.sim, 30u);
  EXPECT_EQ(all.failed[0].emu, 3u);
  const LatencyRow& start = row(all.latency, "start", "p50");
  EXPECT_EQ(start.sim, 3 * kMillisecond);
  EXPECT_EQ(start.emu, 5 * kMillisecond);
  EXPECT_EQ(start.repeats, 3u);
  ASSERT_TRUE(start.intervals.sim.has_value());
  // 1 of 27 draws is of the first repeat alone, which has -50 %; 1 of 27 of the last: -33 %.
  EXPECT_NEAR(start.intervals.sim->low, -0.5, 1e-9);
  EXPECT_NEAR(start.intervals.sim->high, -1.0 / 3, 1e-9);
  EXPECT_FALSE(start.intervals.null_model.has_value());
  const ShareRow& share = all.shares.front();
  EXPECT_EQ(share.interval, (Interval{0, 0}));
  EXPECT_EQ(to_json(all), to_json(combine({repeat(7, 0, 2 * kMillisecond), repeat(8, kMillisecond, 3 * kMillisecond),
                                           repeat(9, 2 * kMillisecond, 4 * kMillisecond)})));
}

TEST(CombinedComparison, CountsOnlyRepeatsInWhichBothWorldsHaveAFigure) {
  Comparison odd = repeat(8, 0, 0);
  odd.failovers[0].emu.reset();
  odd.invalid_reasons = {"emu: busy"};
  const Comparison all = combine({repeat(7, 0, 0), odd, repeat(9, 0, 0)});
  EXPECT_EQ(all.failovers[0].repeats, 2u);
  EXPECT_EQ(all.failovers[0].emu, repeat(7, 0, 0).failovers[0].emu);
  EXPECT_THAT(all.invalid_reasons, ::testing::ElementsAre("seed 8: emu: busy"));
}

}  // namespace
}  // namespace meshtwin
