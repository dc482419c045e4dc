#include "results/baseline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mesh/base/problem.h"
#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

Baseline made_up() {
  RunStore store;
  fill_ten_requests(store);
  return baseline_of(summarise(store, two_zone_subject(), RunReport()), "made-up.yaml", "0123456789abcdef");
}

TEST(Baseline, HoldsTheFiguresByTheirWay) {
  const Baseline baseline = made_up();
  EXPECT_EQ(baseline.scenario, "made-up");
  EXPECT_EQ(baseline.figures.at("latency_ms.p50"), "6.0");
  EXPECT_EQ(baseline.figures.at("services.backend.zones.az-a.requests"), "6");
  EXPECT_EQ(baseline.figures.at("phases.start.requests.sent"), "4");
  for (const char* left_out : {"events_executed", "fingerprint", "scenario", "series.width_s"}) {
    EXPECT_FALSE(baseline.figures.contains(left_out)) << left_out;
  }
}

TEST(Baseline, ComesBackFromItsFile) {
  const Baseline baseline = made_up();
  EXPECT_EQ(parse_baseline(to_json(baseline), "made-up.json"), baseline);
  EXPECT_TRUE(difference(baseline, parse_baseline(to_json(baseline), "made-up.json")).none());
}

TEST(Baseline, TellsWhatMovedAndTheFarthestFirst) {
  const Baseline before = made_up();
  Baseline after = before;
  after.figures["latency_ms.p50"] = "6.3";
  after.figures["latency_ms.p99"] = "20.0";
  after.figures["valid"] = "false";
  after.figures.erase("requests.sent");
  after.figures["requests.new"] = "1";
  after.fingerprint = "0000000000000000";
  const BaselineDifference found = difference(before, after);
  EXPECT_TRUE(found.other_records);
  EXPECT_FALSE(found.other_seed || found.other_profile);
  std::vector<std::string> order;
  for (const MovedFigure& row : found.moved) order.push_back(row.figure + " " + row.before + " " + row.after);
  EXPECT_THAT(order, ::testing::ElementsAre("requests.sent 10 ", "valid true false", "requests.new  1",
                                            "latency_ms.p99 10.0 20.0", "latency_ms.p50 6.0 6.3"));
  EXPECT_NEAR(found.moved[3].relative.value(), 1, 1e-9);
  EXPECT_NEAR(found.moved[4].relative.value(), 0.05, 1e-9);
}

TEST(Baseline, AnotherSeedOrProfileIsSaid) {
  const Baseline before = made_up();
  Baseline after = before;
  after.seed = 8;
  after.profile = "x";
  const BaselineDifference found = difference(before, after);
  EXPECT_TRUE(found.other_seed && found.other_profile);
  EXPECT_FALSE(found.none());
}

TEST(Baseline, RefusesWhatIsNoBaseline) {
  for (const char* text : {"", "[]", "{}", "{\"schema\": 2}", "{\"schema\": 1, \"scenario\": 3}",
                           "{\"schema\": 1, \"scenario\": \"a\", \"file\": \"b\", \"seed\": -1}"}) {
    EXPECT_THROW(parse_baseline(text, "x.json"), Problem) << text;
  }
}

}  // namespace
}  // namespace meshtwin
