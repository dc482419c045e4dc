#include "results/verdict.h"

#include <gtest/gtest.h>

#include "results/summary.h"
#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

using Metric = Expectation::Metric;

struct Case {
  Metric metric;
  std::string service;
  std::string zone;
  std::string reason;
  std::optional<double> at_least;
  std::optional<double> at_most;
  Time begin;
  Time end;
  std::string shown;
  bool pass;
  std::string why;
};

// Held against the ten requests of made_up_run.h: request k at k s takes k + 1 ms, the one at 4 s fails; az-b answers
// the backend's from 5 s to 7 s.
const Case kCases[] = {
    {Metric::success_rate, "", "", "", 0.9, {}, 0, 0, "90.00 %", true, ""},
    {Metric::success_rate, "", "", "", 0.91, {}, 0, 0, "90.00 %", false, ""},
    {Metric::success_rate, "", "", "", 1.0, {}, 5 * kSecond, 0, "100.00 %", true, ""},
    {Metric::success_rate, "", "", "", 0.5, {}, 4 * kSecond, 5 * kSecond, "0.00 %", false, ""},
    {Metric::success_rate, "", "", "", 0.5, {}, 4 * kSecond + 1, 5 * kSecond, "-", false, "no request in this time"},
    {Metric::latency_p50, "", "", "", {}, 6.0, 0, 0, "6.000 ms", true, ""},
    {Metric::latency_p50, "", "", "", {}, 5.999, 0, 0, "6.000 ms", false, ""},
    {Metric::latency_mean, "", "", "", 2.0, 2.0, 0, 3 * kSecond, "2.000 ms", true, ""},
    {Metric::latency_p90, "", "", "", {}, 10.0, 0, 0, "10.000 ms", true, ""},
    {Metric::latency_p99, "", "", "", {}, 3.0, 0, 3 * kSecond, "3.000 ms", true, ""},
    {Metric::latency_p999, "", "", "", {}, 2.0, 0, 3 * kSecond, "3.000 ms", false, ""},
    {Metric::latency_max, "", "", "", {}, 4.0, 0, 5 * kSecond, "4.000 ms", true, ""},
    {Metric::latency_max,
     "",
     "",
     "",
     {},
     4.0,
     4 * kSecond,
     5 * kSecond,
     "-",
     false,
     "no successful request in this time"},
    {Metric::zone_share, "backend", "az-b", "", 0.99, {}, 5 * kSecond, 8 * kSecond, "100.00 %", true, ""},
    {Metric::zone_share, "backend", "az-b", "", {}, 0.01, 0, 5 * kSecond, "0.00 %", true, ""},
    {Metric::zone_share, "backend", "az-b", "", 0.4, {}, 0, 0, "33.33 %", false, ""},
    {Metric::zone_share,
     "frontend",
     "az-a",
     "",
     0.5,
     {},
     0,
     0,
     "-",
     false,
     "no answered request to frontend in this time"},
    {Metric::requests, "", "", "", 10, 10, 0, 0, "10", true, ""},
    {Metric::requests, "", "", "", {}, 0, 20 * kSecond, 0, "0", true, ""},
    {Metric::failed, "", "", "", {}, 1, 0, 0, "1", true, ""},
    {Metric::failed, "", "", "CONNECT_REFUSED", 1, 1, 0, 0, "1", true, ""},
    {Metric::failed, "", "", "RESET", 1, {}, 0, 0, "0", false, ""},
    {Metric::failed, "", "", "", {}, 1, 20 * kSecond, 0, "-", false, "no request in this time"},
    {Metric::failover, "backend", "", "", {}, 1.0, 0, 0, "0.001 s", true, ""},
    {Metric::failover, "backend", "", "", {}, 1.0, 5 * kSecond, 0, "-", false, "no zone of backend fails in this time"},
    {Metric::failover, "frontend", "", "", {}, 1.0, 0, 0, "-", false, "no zone of frontend fails in this time"},
};

TEST(Verdict, HoldsEachMetricAgainstItsBounds) {
  RunStore store;
  fill_ten_requests(store);
  const RunSubject subject = two_zone_subject();
  const std::vector<Failover> failovers = failovers_of(store, subject);
  int row = 0;
  for (const Case& c : kCases) {
    SCOPED_TRACE("row " + std::to_string(row++));
    const Expectation expectation{"the text", c.metric,  c.service, c.zone, c.reason,
                                  c.at_least, c.at_most, c.begin,   c.end};
    const Verdict verdict = evaluate(expectation, store, subject, failovers);
    EXPECT_EQ(verdict.text, "the text");
    EXPECT_EQ(verdict.shown, c.shown);
    EXPECT_EQ(verdict.pass, c.pass);
    EXPECT_EQ(verdict.why, c.why);
    EXPECT_EQ(verdict.value.has_value(), c.why.empty());
  }
}

TEST(Verdict, FailoverThatNeverCameSaysSo) {
  RunStore store;
  for (int k = 0; k < 100; ++k) store.attempt(attempt(2, k * 100 * kMillisecond));
  const RunSubject subject = two_zone_subject();
  Expectation expectation;
  expectation.metric = Metric::failover;
  expectation.service = "backend";
  expectation.at_most = 1;
  const Verdict verdict = evaluate(expectation, store, subject, failovers_of(store, subject));
  EXPECT_FALSE(verdict.pass);
  EXPECT_EQ(verdict.why, "the traffic did not leave az-a before 8 s");
}

}  // namespace
}  // namespace meshtwin
