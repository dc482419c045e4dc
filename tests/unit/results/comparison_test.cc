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
      "null_model_ms": null, "null_model_error": null, "emu_repeat_ms": null, "emu_repeat_error": null})"));
  EXPECT_EQ(got["mesh_added"][0]["sim_ms"], 0.0);
  EXPECT_EQ(got["mesh_added"][0]["emu_ms"], 2.0);
  EXPECT_EQ(got["mesh_added"][0]["error"], -1.0);
  EXPECT_EQ(got["shares"][0],
            Json::parse(R"({"phase": "start", "service": "backend", "zone": "az-a", "sim": 1.0, "emu": 1.0,
      "difference": 0.0})"));
  EXPECT_EQ(got["requests"], Json::parse(R"({"sent": {"sim": 10, "emu": 10}, "ok": {"sim": 9, "emu": 9},
      "failed": {"CONNECT_REFUSED": {"sim": 1, "emu": 1}}})"));
  EXPECT_EQ(got["failover_s"]["backend"]["sim"], 0.001000001);
  EXPECT_EQ(got["cpu_us_per_request"]["sidecar"], Json::parse(R"({"sim": 150.0, "emu": 350.0, "error": -0.571429})"));
  std::vector<std::string> keys;
  for (const auto& [key, value] : got.items()) keys.push_back(key);
  EXPECT_THAT(
      keys, ::testing::ElementsAre("schema", "scenario", "seed", "valid", "invalid_reasons", "same_arrivals",
                                   "requests", "latency", "mesh_added", "shares", "failover_s", "cpu_us_per_request"));
}

}  // namespace
}  // namespace meshtwin
