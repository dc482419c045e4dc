#include "results/paired_baseline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mesh/base/problem.h"
#include "mesh/base/random.h"

namespace meshtwin {
namespace {

using ::testing::HasSubstr;

// A host as runs see it: how slow it is, and how restless.
struct Host {
  double slowness = 1;
  double noise = 0.03;
};

// Requests wait `waiting` ms for their service and pay the mesh's and the stack's work at the host's pace.
Summary real_run(RandomStream& random, const Host& host, bool mesh, double extra_ms) {
  const double pace = host.slowness * (1 + host.noise * random.normal());
  const double waiting = 2 * (1 + 0.004 * random.normal());
  const double p50 = waiting + 0.10 * pace + (mesh ? 0.25 * pace + extra_ms : 0);
  Summary run;
  run.world = "emu";
  run.requests.sent = run.requests.ok = run.latency.count = 1000;
  run.latency.p50 = static_cast<Duration>(1e6 * p50);
  run.latency.p90 = static_cast<Duration>(1e6 * (p50 + 0.3 * pace * (1 + host.noise * random.normal())));
  run.latency.p99 = static_cast<Duration>(1e6 * (p50 + pace * (1 + 3 * host.noise * random.uniform())));
  run.attempts.total = 1000;
  const auto cpu = [&](double us) { return static_cast<Duration>(1e6 * us * pace * (1 + 0.02 * random.normal())); };
  run.roles["w"] = {"workload", cpu(50), -1};
  run.roles["l"] = {"load", cpu(60), -1};
  if (mesh) run.roles["s"] = {"sidecar", cpu(150), -1};
  return run;
}

std::vector<RunPair> pairs(std::size_t count, std::uint64_t seed, const Host& host, double extra_ms = 0) {
  RandomStream random(seed, "pairs");
  std::vector<RunPair> all;
  for (std::size_t i = 0; i < count; ++i) {
    const Summary run = real_run(random, host, true, extra_ms);
    all.push_back(pair_of(run, real_run(random, host, false, 0), i % 2 == 1));
  }
  return all;
}

const PairedChange& row(const PairedComparison& comparison, const std::string& figure) {
  for (const PairedChange& change : comparison.figures) {
    if (change.figure == figure) return change;
  }
  throw std::runtime_error("no figure " + figure);
}

TEST(PairedBaseline, AnAddedHalfMillisecondIsFound) {
  const PairedComparison found = compare_pairs(pairs(10, 1, {}), pairs(10, 2, {}, 0.5));
  EXPECT_EQ(found.pairs_needed, 0u);
  EXPECT_TRUE(found.worse());
  const PairedChange& p50 = row(found, "latency p50, ms");
  EXPECT_EQ(p50.change, Change::worse);
  ASSERT_EQ(p50.ways.size(), 3u);
  EXPECT_NEAR(p50.ways[0].shift.estimate, 0.5, 0.03);
  EXPECT_LT(p50.ways[0].shift.low, 0.5);
  EXPECT_GT(p50.ways[0].shift.high, 0.5);
  EXPECT_EQ(row(found, "success rate").change, Change::none);
  EXPECT_EQ(row(found, "sidecar CPU, us a request").change, Change::none) << "a delay holds no core";
  EXPECT_TRUE(compare_pairs(pairs(10, 2, {}, 0.5), pairs(10, 1, {})).better());
}

TEST(PairedBaseline, AHostThatHasBecomeSlowerIsNoRegression) {
  const Host slow{1.4, 0.03};
  const PairedComparison found = compare_pairs(pairs(10, 3, {}), pairs(10, 4, slow));
  EXPECT_FALSE(found.worse());
  EXPECT_FALSE(found.better());
  // By what is more alone it would have looked like one.
  EXPECT_EQ(row(found, "latency p50, ms").ways[0].change, Change::worse);
  EXPECT_EQ(row(found, "latency p50, ms").ways[2].change, Change::none);
  EXPECT_FALSE(compare_pairs(pairs(10, 4, slow), pairs(10, 3, {})).better());
}

TEST(PairedBaseline, OnASlowerHostAnAddedHalfMillisecondIsFoundStill) {
  EXPECT_TRUE(compare_pairs(pairs(10, 5, {}), pairs(10, 6, {1.3, 0.05}, 0.5)).worse());
}

TEST(PairedBaseline, ASidecarThatTakesMoreIsFoundAgainstTheControlsWork) {
  std::vector<RunPair> after = pairs(10, 8, {});
  for (RunPair& pair : after) {
    for (RunFigure& figure : pair.run) {
      if (figure.name == "sidecar CPU, us a request") figure.value *= 1.3;
    }
  }
  const PairedComparison found = compare_pairs(pairs(10, 7, {}), after);
  EXPECT_EQ(row(found, "sidecar CPU, us a request").change, Change::worse);
  EXPECT_EQ(row(found, "latency p50, ms").change, Change::none);
}

TEST(PairedBaseline, SaysHowManyPairsAreNeeded) {
  const PairedComparison found = compare_pairs(pairs(3, 1, {}), pairs(3, 2, {}, 5));
  EXPECT_GT(found.pairs_needed, 3u);
  EXPECT_FALSE(found.worse());
  EXPECT_EQ(row(found, "latency p50, ms").change, Change::unclear);
  EXPECT_EQ(compare_pairs(pairs(found.pairs_needed, 1, {}), pairs(found.pairs_needed, 2, {}, 5)).pairs_needed, 0u);
  EXPECT_TRUE(compare_pairs(pairs(found.pairs_needed, 1, {}), pairs(found.pairs_needed, 2, {}, 5)).worse());
}

// Two hundred checks without a change, the host another speed each time, by up to 20 %; and with half a millisecond.
TEST(PairedBaseline, RaisesFewFalseAlarmsAndMissesLittle) {
  int alarms = 0;
  int found = 0;
  for (std::uint64_t check = 0; check < 200; ++check) {
    RandomStream random(check, "hosts");
    const Host then{0.9 + 0.2 * random.uniform(), 0.05};
    const Host now{0.9 + 0.2 * random.uniform(), 0.05};
    const std::vector<RunPair> before = pairs(10, 3 * check + 1, then);
    const PairedComparison unchanged = compare_pairs(before, pairs(10, 3 * check + 2, now));
    alarms += unchanged.worse() || unchanged.better() ? 1 : 0;
    found += compare_pairs(before, pairs(10, 3 * check + 3, now, 0.5)).worse() ? 1 : 0;
  }
  RecordProperty("false_alarms", alarms);
  RecordProperty("found", found);
  EXPECT_LE(alarms, 2);
  EXPECT_GE(found, 190);
}

TEST(PairedBaselineFile, ComesBackAsItWas) {
  PairedBaseline baseline{"hello", "scenarios/hello.yaml", {"duration=2s"}, {{"kernel", "Linux 6"}}, pairs(2, 1, {})};
  const PairedBaseline read = parse_paired_baseline(to_json(baseline), "hello.json");
  EXPECT_EQ(to_json(read), to_json(baseline));
  ASSERT_EQ(read.pairs.size(), 2u);
  EXPECT_FALSE(read.pairs[0].control_first);
  EXPECT_TRUE(read.pairs[1].control_first);
  for (const RunFigure& figure : read.pairs[0].run) {
    EXPECT_EQ(figure.is_share, figure.name == "success rate" || figure.name == "retries, of all attempts");
    EXPECT_EQ(figure.more_is_worse, figure.name != "success rate");
  }
  EXPECT_FALSE(compare_pairs(read.pairs, baseline.pairs).worse());
}

std::string refused(const std::string& text) {
  try {
    parse_paired_baseline(text, "b.json");
  } catch (const Problem& problem) {
    return problem.text();
  }
  return "taken";
}

TEST(PairedBaselineFile, WhatIsNoneIsRefusedByItsPlace) {
  EXPECT_THAT(refused("nonsense"), HasSubstr("b.json"));
  EXPECT_THAT(refused("[]"), HasSubstr("no JSON object"));
  EXPECT_THAT(refused(R"({"schema": 2})"), HasSubstr("schema"));
  EXPECT_THAT(refused(R"({"schema": 1, "world": "sim"})"), HasSubstr("world"));
  const std::string head = R"({"schema": 1, "world": "emu", "scenario": "x", "file": "f", "settings": [], "host": {})";
  EXPECT_THAT(refused(head + R"(, "pairs": []})"), HasSubstr("at least one pair"));
  EXPECT_THAT(refused(head + R"(, "pairs": [{"seed": 1, "control_first": false, "run": {"p": "fast"}}]})"),
              HasSubstr("pairs[0].run.p"));
}

}  // namespace
}  // namespace meshtwin
