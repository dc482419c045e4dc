#include "results/golden_signals.h"

#include <gtest/gtest.h>

#include "results/golden_signals_json.h"
#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

MetricRecord metric(std::uint32_t pod, Time at, const std::string& name, double value) {
  return {at, pod, name + "{service=\"backend\"}", value};
}

// backend-az-a-0 is pod 2, with 4 workers; its process starts anew at 6 s.
RunStore store_of_backends() {
  RunStore store;
  for (int i = 0; i < 8; ++i) {
    AttemptRecord answered = attempt(2, i * kSecond);
    answered.done = answered.at + (i + 1) * kMillisecond;
    store.attempt(answered);
  }
  store.attempt(attempt(2, 8 * kSecond, Failure::connect_refused));
  AttemptRecord not_found = attempt(2, 9 * kSecond);
  not_found.status = 404;
  not_found.failure = Failure::http_4xx;
  not_found.done = not_found.at + 9 * kMillisecond;
  store.attempt(not_found);
  store.metric(metric(2, 1 * kSecond, "meshtwin_workload_workers", 4));
  store.metric(metric(2, 1 * kSecond, "meshtwin_workload_busy_seconds_total", 1));
  store.metric(metric(2, 5 * kSecond, "meshtwin_workload_busy_seconds_total", 6));
  store.metric(metric(2, 5 * kSecond, "meshtwin_workload_queue_peak", 7));
  store.metric(metric(2, 5 * kSecond, "meshtwin_workload_queue_seconds_total", 3));
  store.metric(metric(2, 7 * kSecond, "meshtwin_workload_busy_seconds_total", 2));
  store.metric(metric(2, 7 * kSecond, "meshtwin_workload_queue_peak", 1));
  store.metric(metric(2, 7 * kSecond, "meshtwin_workload_queue_seconds_total", 0.5));
  return store;
}

RunReport report_of_backends() {
  RunReport report;
  report.roles["backend-az-a-0/workload"] = {"workload", 2 * kSecond, -1};
  report.roles["backend-az-a-0/sidecar"] = {"sidecar", 3 * kSecond, -1};
  report.roles["backend-az-b-0/sidecar"] = {"sidecar", 1 * kSecond, -1};
  report.roles["load-0/load"] = {"load", 9 * kSecond, -1};
  return report;
}

TEST(GoldenSignals, OfAServiceInAZone) {
  ServiceSignals signals = golden_signals_of(store_of_backends(), two_zone_subject(), report_of_backends());
  const GoldenSignals& a = signals.at("backend").at("az-a");
  EXPECT_EQ(a.attempts, 10u);
  EXPECT_EQ(a.errors, 1u);  // a client's mistake is none of the service's
  EXPECT_DOUBLE_EQ(a.per_second, 1);
  EXPECT_NEAR(static_cast<double>(a.p50.value()), 5e6, 5e3);  // of nine answers
  EXPECT_NEAR(static_cast<double>(a.p90.value()), 9e6, 9e3);
  EXPECT_DOUBLE_EQ(a.workers_busy.value(), (6.0 + 2.0) / (4 * 10));
  EXPECT_DOUBLE_EQ(a.queue.value(), 0.35);
  EXPECT_EQ(a.queue_peak, 7u);
  EXPECT_DOUBLE_EQ(a.cores, 0.5);
}

TEST(GoldenSignals, AZoneThatWasNotAskedAndWroteNothing) {
  ServiceSignals signals = golden_signals_of(store_of_backends(), two_zone_subject(), report_of_backends());
  const GoldenSignals& b = signals.at("backend").at("az-b");
  EXPECT_EQ(b.attempts, 0u);
  EXPECT_FALSE(b.p50.has_value());
  EXPECT_FALSE(b.workers_busy.has_value());
  EXPECT_FALSE(b.queue_peak.has_value());
  EXPECT_DOUBLE_EQ(b.cores, 0.1);
  EXPECT_EQ(signals.count(""), 0u);
}

TEST(GoldenSignals, JsonAndBack) {
  const ServiceSignals signals = golden_signals_of(store_of_backends(), two_zone_subject(), report_of_backends());
  const Json json = to_json(signals);
  EXPECT_EQ(json["backend"]["zones"]["az-a"]["error_share"], 0.1);
  EXPECT_TRUE(json["backend"]["zones"]["az-b"]["workers_busy"].is_null());
  EXPECT_EQ(read_signals(JsonReader(json, "f.json")), signals);
}

}  // namespace
}  // namespace meshtwin
