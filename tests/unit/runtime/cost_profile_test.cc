// The cost profile's file format and its tables by time.

#include "mesh/runtime/cost_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mesh/base/problem.h"

namespace meshtwin {
namespace {

CostProfile some_profile() {
  CostProfile profile = null_cost_profile();
  profile.cold = {{1000, 1}, {4000, 3}};
  profile.idle_exit = {{2000, 0}, {8000, 500}};
  profile[Operation::leave_pod] = {12, 0.5};
  profile.displaced = {{3000, 1}, {9000, 1.5}};
  profile.turn_spread = {{0.1, 0.75}, {0.9, 1.25}};
  profile.burst_spread = {{0.5, 1}};
  profile.wake_spread = {{500, {{0.5, 0}, {0.99, 8000}}}, {700, {}}};
  return profile;
}

TEST(CostProfile, ComesBackFromItsFile) {
  const CostProfile read = parse_cost_profile(to_json(some_profile()), "here");
  ASSERT_EQ(read.cold.size(), 2U);
  EXPECT_EQ(read.cold[1].at, 4000);
  EXPECT_EQ(read.cold[1].value, 3);
  ASSERT_EQ(read.idle_exit.size(), 2U);
  EXPECT_EQ(read.idle_exit[1].at, 8000);
  EXPECT_EQ(read.idle_exit[1].value, 500);
  EXPECT_EQ(read[Operation::leave_pod].per_unit_ns, 0.5);
  EXPECT_EQ(to_json(read), to_json(some_profile()));
}

TEST(CostProfile, RefusesDistributionsThatAreNone) {
  const struct {
    const char* name;
    std::vector<QuantilePoint> points;
    const char* complaint;
  } rows[] = {
      {"a share twice", {{0.5, 1}, {0.5, 2}}, "must rise"},
      {"values that fall", {{0.5, 2}, {0.6, 1}}, "must rise"},
      {"a share above 1", {{1.5, 1}}, "must rise"},
      {"less than nothing", {{0.5, -1}}, "below 0"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    CostProfile profile = some_profile();
    profile.turn_spread = row.points;
    try {
      parse_cost_profile(to_json(profile), "here");
      ADD_FAILURE() << "was taken";
    } catch (const Problem& problem) {
      EXPECT_THAT(problem.text(), ::testing::HasSubstr(row.complaint));
    }
  }
}

TEST(QuantileTable, DrawsWhatItsPointsSay) {
  const std::vector<QuantilePoint> points = {{0.25, -100}, {0.75, 300}, {1, 1300}};
  EXPECT_EQ(quantile_at(points, 0, 0.1), -100);
  EXPECT_EQ(quantile_at(points, 0, 0.5), 100);
  EXPECT_EQ(quantile_at(points, 0, 0.875), 800);
  EXPECT_NEAR(mean_of(points), -100 * 0.25 + 100 * 0.5 + 800 * 0.25, 0.5);
  const QuantileTable table(points, 0, 2);
  EXPECT_EQ(table(0), -50);
  EXPECT_NEAR(static_cast<double>(table(~std::uint64_t{0} / 2)), 50, 1);
  EXPECT_NEAR(static_cast<double>(table(~std::uint64_t{0})), 650, 1);
  EXPECT_EQ(QuantileTable({}, 7, 1)(12345), 7);
}

TEST(CostProfile, RefusesTablesThatMeanNothing) {
  const struct {
    const char* name;
    std::vector<TablePoint> cold;
    const char* complaint;
  } rows[] = {
      {"a time twice", {{1000, 1}, {1000, 2}}, "must be above the one before"},
      {"times that fall", {{1000, 1}, {500, 2}}, "must be above the one before"},
      {"no time", {{0, 1}}, "must be above the one before"},
      {"cheaper than hot", {{1000, 0.5}}, "out of range"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    CostProfile profile = some_profile();
    profile.cold = row.cold;
    try {
      parse_cost_profile(to_json(profile), "here");
      ADD_FAILURE() << "was taken";
    } catch (const Problem& problem) {
      EXPECT_THAT(problem.what(), ::testing::HasSubstr(row.complaint));
      EXPECT_EQ(problem.place().file, "here: cold");
    }
  }
}

TEST(LogTable, FollowsItsPointsWithinAnEighthOfAnOctave) {
  const std::vector<TablePoint> points = {{1000, 1}, {16'000, 5}};  // 1 for each octave
  const LogTable table(points, 1, 1.0 / 1024);
  const struct {
    Duration at;
    double exact;
  } rows[] = {{-5, 1}, {0, 1}, {1, 1}, {1000, 1}, {2000, 2}, {4000, 3}, {5657, 3.5}, {16'000, 5}, {1LL << 62, 5}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.at);
    EXPECT_NEAR(value_at(points, 1, row.at), row.exact, 0.001);
    EXPECT_NEAR(static_cast<double>(table(row.at)) / 1024, row.exact, 0.13);
  }
  std::int64_t before = 0;
  for (Duration time = 1; time < 100'000; time += 7) {
    EXPECT_GE(table(time), before) << time;
    before = table(time);
  }
}

TEST(LogTable, WithoutPointsIsTheSameEverywhere) {
  const LogTable table({}, 1, 1.0 / 1024);
  for (const Duration time : {Duration{0}, Duration{1000}, Duration{1} << 60}) EXPECT_EQ(table(time), 1024);
}

}  // namespace
}  // namespace meshtwin
