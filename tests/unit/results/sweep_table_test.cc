#include "results/sweep_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/results/made_up_sweep.h"

namespace meshtwin {
namespace {

using ::testing::StartsWith;

TEST(SweepTable, IsTidyCsv) {
  EXPECT_THAT(csv_of(made_up_sweep()), StartsWith("load.0.rate,mesh,world,seed,repeat,valid,latency_p99,success_rate\n"
                                                  "400/s,none,sim,1,1,true,10,0.75\n"
                                                  "400/s,none,sim,2,1,false,20,0.75\n"
                                                  "400/s,none,sim,3,1,true,30,\n"
                                                  "400/s,\"a, \"\"b\"\"\",sim,1,1,true,20,0.75\n"));
}

TEST(SweepTable, NumbersAreExact) {
  SweepTable table = made_up_sweep();
  table.rows.resize(1);
  table.rows[0].figures[0] = 0.1 + 0.2;
  EXPECT_THAT(csv_of(table), ::testing::HasSubstr(",0.30000000000000004,"));
}

TEST(SweepTable, AMedianIsOverValidRunsThatHaveTheFigure) {
  const SweepTable table = made_up_sweep();
  const std::vector<SweepPoint> points = points_of(table);
  ASSERT_EQ(points.size(), 4u);
  const auto latency = spread_of(points[0], 0);
  ASSERT_TRUE(latency);
  EXPECT_EQ(latency->runs, 2u);
  EXPECT_EQ(latency->median, 20) << "of 10 and 30: the 20 of the run that is not valid is not looked at";
  EXPECT_EQ(latency->low, 15);
  EXPECT_EQ(latency->high, 25);
  EXPECT_EQ(spread_of(points[0], 1)->runs, 1u);
  EXPECT_EQ(spread_of(points[3], 0)->median, 4);
}

TEST(SweepTable, NoValidRunIsNoFigure) {
  SweepTable table = made_up_sweep();
  for (SweepTable::Row& row : table.rows) row.invalid = {"busy"};
  EXPECT_FALSE(spread_of(points_of(table)[0], 0));
}

TEST(SweepTable, WorldsAreApart) {
  SweepTable table = made_up_sweep();
  table.rows[2].world = "emu";
  EXPECT_EQ(points_of(table).size(), 5u);
}

TEST(SweepTable, JsonHasRunsAndPoints) {
  const auto json = nlohmann::json::parse(json_of(made_up_sweep()));
  EXPECT_EQ(json["runs"].size(), 12u);
  EXPECT_EQ(json["runs"][1]["valid"], false);
  EXPECT_EQ(json["runs"][1]["invalid_reasons"][0], "the host was busy");
  EXPECT_EQ(json["runs"][2]["figures"]["success_rate"], nullptr);
  EXPECT_EQ(json["points"][0]["figures"]["latency_p99"]["median"], 20);
  EXPECT_EQ(json["points"][1]["axes"]["mesh"], "a, \"b\"");
  EXPECT_EQ(json["axes"][0]["values"][1]["number"], 100);
}

}  // namespace
}  // namespace meshtwin
