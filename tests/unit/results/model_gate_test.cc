#include "results/model_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

using ::testing::HasSubstr;
using Metric = Expectation::Metric;

Expectation at_most(Metric metric, double bound, const std::string& service = "") {
  Expectation expectation;
  expectation.text = "the model";
  expectation.metric = metric;
  expectation.service = service;
  expectation.at_most = bound;
  return expectation;
}

// p50 7.5 % too low, p90 right, p99 20 % too high; the mesh adds 1.5 ms for 2 ms.
Comparison made_up() {
  Comparison comparison;
  comparison.seeds = {7};
  comparison.latency = {{"start", "p50", 50 * kMillisecond, kMillisecond, {}, {}},
                        {kWholeRun, "p50", 3700 * kMicrosecond, 4 * kMillisecond, {}, {}},
                        {kWholeRun, "p90", 4 * kMillisecond, 4 * kMillisecond, {}, {}},
                        {kWholeRun, "p99", 12 * kMillisecond, 10 * kMillisecond, {}, {}}};
  comparison.mesh_added = {{kWholeRun, "p50", 1500 * kMicrosecond, 2 * kMillisecond, {}, {}},
                           {kWholeRun, "p90", kMillisecond, -kMillisecond, {}, {}}};
  comparison.distances = {{kWholeRun, "a to b", "wasserstein", 0.9, {}, {}},
                          {kWholeRun, "", "wasserstein", 0.06, {}, {}},
                          {kWholeRun, "", "kolmogorov_smirnov", 0.4, {}, {}}};
  comparison.shares = {{"start", "backend", "az-a", 0.50, 0.52},
                       {"after", "backend", "az-a", std::nullopt, std::nullopt}};
  comparison.success = {{kWholeRun, "", "", 0.99, 0.995}};
  comparison.failovers = {{"backend", 90 * kMillisecond, 100 * kMillisecond}, {"stock", std::nullopt, kSecond}};
  return comparison;
}

Verdict judged(const Comparison& comparison, const Expectation& expectation) {
  const std::vector<ModelVerdict> verdicts = judge_model(comparison, {expectation});
  return verdicts.at(0).verdict;
}

TEST(ModelGate, HoldsTheSizeOfAnErrorAgainstItsBound) {
  const Comparison comparison = made_up();
  EXPECT_TRUE(judged(comparison, at_most(Metric::model_error_p50, 0.076)).pass);
  EXPECT_FALSE(judged(comparison, at_most(Metric::model_error_p50, 0.074)).pass) << "too low is an error, too";
  EXPECT_NEAR(judged(comparison, at_most(Metric::model_error_p50, 0.1)).value.value(), 0.075, 1e-12);
  EXPECT_EQ(judged(comparison, at_most(Metric::model_error_p50, 0.1)).shown, "-7.50 %");
  EXPECT_TRUE(judged(comparison, at_most(Metric::model_error_p90, 0)).pass);
  EXPECT_NEAR(judged(comparison, at_most(Metric::model_error_p99, 0.1)).value.value(), 0.2, 1e-12);
  EXPECT_NEAR(judged(comparison, at_most(Metric::model_error_mesh_added_p50, 0.2)).value.value(), 0.25, 1e-12);
  EXPECT_NEAR(judged(comparison, at_most(Metric::model_error_distance, 0.1)).value.value(), 0.06, 1e-12);
  EXPECT_NEAR(judged(comparison, at_most(Metric::model_error_share, 0.01)).value.value(), 0.02, 1e-12);
  EXPECT_FALSE(judged(comparison, at_most(Metric::model_error_share, 0.01)).pass);
  EXPECT_EQ(judged(comparison, at_most(Metric::model_error_share, 0.03)).shown, "-2.00 points");
  EXPECT_NEAR(judged(comparison, at_most(Metric::model_error_success, 0.01)).value.value(), 0.005, 1e-12);
  EXPECT_NEAR(judged(comparison, at_most(Metric::model_error_failover, 0.2, "backend")).value.value(), 0.1, 1e-12);
}

TEST(ModelGate, WhatCannotBeToldHasNotBeenMetAndSaysWhy) {
  Comparison comparison = made_up();
  const auto why = [&](Metric metric, const std::string& service = "") {
    const Verdict verdict = judged(comparison, at_most(metric, 1, service));
    EXPECT_FALSE(verdict.pass);
    EXPECT_FALSE(verdict.value.has_value());
    return verdict.why;
  };
  EXPECT_THAT(why(Metric::model_error_mesh_added_p90), HasSubstr("nothing above zero"));
  EXPECT_THAT(why(Metric::model_error_failover, "stock"), HasSubstr("did not leave in time"));
  EXPECT_THAT(why(Metric::model_error_failover, "frontend"), HasSubstr("no zone of frontend fails"));
  comparison.mesh_added.clear();
  EXPECT_THAT(why(Metric::model_error_mesh_added_p50), HasSubstr("no runs without a mesh"));
  comparison.latency.clear();
  EXPECT_THAT(why(Metric::model_error_p50), HasSubstr("no successful request"));
  comparison.shares[0].sim.reset();
  EXPECT_THAT(why(Metric::model_error_share), HasSubstr("only one world"));
}

TEST(ModelGate, AFailoverThatOneRepeatLacksHasNotBeenMet) {
  Comparison comparison = made_up();
  comparison.seeds = {1, 2, 3};
  comparison.failovers[0].repeats = 2;
  EXPECT_FALSE(judged(comparison, at_most(Metric::model_error_failover, 1, "backend")).pass);
  comparison.failovers[0].repeats = 3;
  EXPECT_TRUE(judged(comparison, at_most(Metric::model_error_failover, 1, "backend")).pass);
}

TEST(ModelGate, ShowsTheIntervalOfSeveralRepeatsAndJudgesTheEstimate) {
  Comparison comparison = made_up();
  comparison.latency[1].intervals.sim = Interval{-0.12, -0.03};
  const auto verdicts = judge_model(comparison, {at_most(Metric::model_error_p50, 0.1)});
  EXPECT_EQ(verdicts[0].verdict.shown, "-7.50 % (-12.00 to -3.00)");
  EXPECT_EQ(verdicts[0].interval, (Interval{-0.12, -0.03}));
  EXPECT_TRUE(verdicts[0].verdict.pass);
}

TEST(ModelGate, LeavesOtherExpectationsAlone) {
  EXPECT_TRUE(judge_model(made_up(), {at_most(Metric::latency_p50, 1)}).empty());
}

TEST(ModelGate, InOneWorldAloneIsNeitherMetNorFailed) {
  RunSubject subject = two_zone_subject();
  subject.expectations = {at_most(Metric::model_error_p50, 0)};
  RunStore store;
  fill_ten_requests(store);
  const Summary summary = summarise(store, subject, {});
  EXPECT_TRUE(summary.all_met());
  EXPECT_TRUE(summary.expectations.empty());
  ASSERT_EQ(summary.unjudged.size(), 1u);
  EXPECT_EQ(summary.unjudged[0].why, "needs both worlds");
}

}  // namespace
}  // namespace meshtwin
