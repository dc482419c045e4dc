#include "results/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

using ::testing::Contains;
using ::testing::Each;

Summary ten_requests() {
  RunStore store;
  fill_ten_requests(store);
  RunReport report;
  report.roles = {{"a/sidecar", {"sidecar", 6 * kMillisecond, 7'500'000}},
                  {"b/sidecar", {"sidecar", 4 * kMillisecond, 9'500'000}},
                  {"load-0/load", {"load", kMillisecond, -1}}};
  report.utilisation = 0.25;
  return summarise(store, two_zone_subject(), report);
}

double value(const Summary& summary, const std::string& name) {
  const auto figure = find_figure(name);
  if (!figure) return -1;
  return figure->of(summary).value_or(-2);
}

TEST(Figures, AreThoseOfTheRun) {
  const Summary run = ten_requests();
  EXPECT_DOUBLE_EQ(value(run, "latency_p50"), 6) << "of nine: 1 to 10 ms without 5 ms, in order the fifth";
  EXPECT_DOUBLE_EQ(value(run, "latency_max"), 10);
  EXPECT_DOUBLE_EQ(value(run, "success_rate"), 0.9);
  EXPECT_DOUBLE_EQ(value(run, "requests"), 10);
  EXPECT_DOUBLE_EQ(value(run, "failed"), 1);
  EXPECT_DOUBLE_EQ(value(run, "failed.CONNECT_REFUSED"), 1);
  EXPECT_DOUBLE_EQ(value(run, "failed.TIMEOUT"), 0);
  EXPECT_DOUBLE_EQ(value(run, "answers_per_second"), 0.9);
  EXPECT_DOUBLE_EQ(value(run, "attempts_per_request"), 1);
  EXPECT_DOUBLE_EQ(value(run, "utilisation"), 0.25);
  EXPECT_DOUBLE_EQ(value(run, "cpu_us_per_request.sidecar"), 1000) << "both sidecars over ten requests";
  EXPECT_DOUBLE_EQ(value(run, "memory_mb.sidecar"), 9.5) << "of the largest";
  EXPECT_DOUBLE_EQ(value(run, "memory_mb.load"), -2) << "not known";
  EXPECT_DOUBLE_EQ(value(run, "cpu_us_per_request.ztunnel"), -2) << "there is none";
  EXPECT_DOUBLE_EQ(value(run, "zone_share.backend.az-a"), 6.0 / 9);
  EXPECT_DOUBLE_EQ(value(run, "failover.backend"), 0.001000001) << "just after the attempt at 4.001 s";
}

TEST(Figures, AbsentWhereNothingWasMeasured) {
  const Summary run = summarise(RunStore(), two_zone_subject(), RunReport{});
  for (const char* name : {"latency_p50", "success_rate", "retries", "cpu_us_per_request.sidecar"})
    EXPECT_EQ(value(run, name), -2) << name;
}

TEST(Figures, OtherNamesAreNone) {
  for (const char* name :
       {"", "latency", "latency_p98", "latency_p50.", ".", "cpu_us_per_request", "cpu_us_per_request.", "failed.",
        "failed.NONE", "failed.SOMEHOW", "zone_share.backend", "zone_share..a", "zone_share.a.", "failover.a.b"})
    EXPECT_FALSE(find_figure(name)) << name;
}

TEST(Figures, EveryNameListedIsOne) {
  const std::vector<std::string> names = figure_names({{"sidecar", "load"}, {"backend"}, {"az-a", "az-b"}});
  for (const std::string& name : names) {
    const auto figure = find_figure(name);
    ASSERT_TRUE(figure) << name;
    EXPECT_EQ(figure->name, name);
  }
  EXPECT_THAT(names, Contains("zone_share.backend.az-b"));
}

TEST(Median, IsTheMiddle) {
  EXPECT_EQ(median_of({3, 1, 2}), 2);
  EXPECT_EQ(median_of({4, 1, 2, 3}), 2.5);
}

}  // namespace
}  // namespace meshtwin
