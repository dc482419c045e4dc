// Full-link lanes in both worlds: every request is traced, and its trace held against its lane. `scripts/prove lanes`
// does the same with 100,000 simulated requests and 5,000 real ones.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "results/lane_check.h"
#include "scenarios/main/profiles.h"
#include "scenarios/main/run_one.h"
#include "scenarios/scenario.h"
#include "tests/twin/obstacle.h"

namespace meshtwin {
namespace {

class TwinLanes : public testing::TestWithParam<WorldKind> {
 protected:
  void SetUp() override {
    if (GetParam() == WorldKind::emu && !obstacle().empty()) GTEST_SKIP() << obstacle();
  }

  // About 300 requests of a scenario of the library.
  LaneCheck check(const std::string& scenario, std::vector<std::string> set = {}, const LaneQuestion& question = {}) {
    set.push_back("duration=3s");
    const Scenario loaded = load_scenario("scenarios/" + scenario + ".yaml", {std::move(set)});
    run_ = run_one(loaded, GetParam(), reference_profile(), {"twin"});
    return check_lanes(*run_.store, run_.subject, question);
  }
  std::uint64_t failed() const { return run_.summary.requests.sent - run_.summary.requests.ok; }

  FinishedRun run_;
};

std::string example(const LaneCheck& check) {
  return check.examples.empty() ? "" : "such as " + check.examples.front();
}

TEST_P(TwinLanes, OfAPermissiveGroupAreKeptByWhatTheTraceRemembers) {
  const LaneCheck check = this->check("lanes-permissive");
  EXPECT_EQ(check.switched, 0u) << example(check);
  EXPECT_GE(check.traces, 200u);
  for (const char* lane : {"s1", "s2", "s3"}) EXPECT_GE(check.by_lane.contains(lane) ? check.by_lane.at(lane) : 0, 20u);
  EXPECT_EQ(failed(), 0u);
}

TEST_P(TwinLanes, OfAPermissiveGroupAreKeptByBaggage) {
  const LaneCheck check =
      this->check("lanes-permissive", {"resources.1.spec.permissiveModeConfiguration.traceHeader=baggage"});
  EXPECT_EQ(check.switched, 0u) << example(check);
  EXPECT_GE(check.by_lane.contains("s2") ? check.by_lane.at("s2") : 0, 20u);
}

// The check can fail: by a header that the applications do not pass on no lane is found again.
TEST_P(TwinLanes, AreLeftWhereNothingIsPassedOn) {
  const LaneCheck check =
      this->check("lanes-permissive", {"resources.1.spec.permissiveModeConfiguration.traceHeader=x-not-passed-on"});
  EXPECT_GE(check.switched, 20u) << "a-s2 b-s1 c-s1";
  EXPECT_FALSE(check.by_lane.contains("s3"));
}

TEST_P(TwinLanes, OfAStrictGroupShareNothing) {
  const LaneCheck check = this->check("lanes-strict");
  EXPECT_EQ(check.switched, 0u) << example(check);
  EXPECT_EQ(check.by_lane.size(), 3u);
  EXPECT_EQ(failed(), 0u);
}

TEST_P(TwinLanes, VersionsOfAnEnvironmentShareWhatTheyDoNotOverride) {
  const LaneCheck check = this->check("multi-version", {}, {"", "base"});
  EXPECT_EQ(check.switched, 0u) << example(check);
  EXPECT_EQ(check.by_lane.size(), 3u);
  EXPECT_EQ(failed(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Worlds, TwinLanes, testing::Values(WorldKind::sim, WorldKind::emu),
                         [](const auto& info) { return info.param == WorldKind::sim ? "sim" : "emu"; });

}  // namespace
}  // namespace meshtwin
