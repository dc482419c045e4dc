#include "results/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "mesh/base/random.h"
#include "results/phases.h"
#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr Duration ms(std::int64_t n) {
  return n * kMillisecond;
}

TEST(Latency, TakesTheNearestRank) {
  struct Case {
    std::int64_t count;  // the values are 1..count
    LatencyFigures expected;
  };
  const Case cases[] = {{1, {1, 1, 1, 1, 1, 1, 1}},
                        {2, {2, 2, 1, 2, 2, 2, 2}},  // mean 1.5, rounded up
                        {10, {10, 6, 5, 9, 10, 10, 10}},
                        {100, {100, 51, 50, 90, 99, 100, 100}},
                        {1000, {1000, 501, 500, 900, 990, 999, 1000}},
                        {1001, {1001, 501, 501, 901, 991, 1000, 1001}}};
  for (const Case& c : cases) {
    std::vector<Duration> values(static_cast<std::size_t>(c.count));
    std::iota(values.rbegin(), values.rend(), 1);
    EXPECT_EQ(figures_of(values), c.expected) << c.count << " values";
  }
  std::vector<Duration> none;
  EXPECT_EQ(figures_of(none), LatencyFigures{});
}

TEST(Latency, MeanOfHugeValuesDoesNotOverflow) {
  constexpr Duration kHuge = 4'000'000'000'000'000'000;
  std::vector<Duration> values = {kHuge, kHuge + 2, kHuge + 4};
  EXPECT_EQ(figures_of(values).mean, kHuge + 2);
}

using Mark = RunSubject::Mark;

struct PhaseCase {
  const char* what;
  std::vector<Mark> marks;
  std::vector<std::tuple<std::string, Time, Time>> expected;
};

TEST(Phases, LieBetweenTimelineActions) {
  const auto mark = [](Time at, const char* text) { return Mark{at, Mark::Kind::other, "", "", text}; };
  const PhaseCase cases[] = {
      {"no timeline", {}, {{"start", 0, 10}}},
      {"one action", {mark(4, "a")}, {{"start", 0, 4}, {"after a", 4, 10}}},
      {"two at once", {mark(4, "a"), mark(4, "b")}, {{"start", 0, 4}, {"after a, b", 4, 10}}},
      {"at the very beginning", {mark(0, "a"), mark(0, "b")}, {{"after a, b", 0, 10}}},
      {"at the end or later", {mark(4, "a"), mark(10, "b"), mark(12, "c")}, {{"start", 0, 4}, {"after a", 4, 10}}},
      {"out of order", {mark(6, "b"), mark(4, "a")}, {{"start", 0, 4}, {"after a", 4, 6}, {"after b", 6, 10}}}};
  for (const PhaseCase& c : cases) {
    std::vector<std::tuple<std::string, Time, Time>> phases;
    for (const Phase& phase : phases_between(c.marks, 10)) phases.emplace_back(phase.name, phase.begin, phase.end);
    EXPECT_EQ(phases, c.expected) << c.what;
  }
}

TEST(Phases, BelongToTheirBeginningNotTheirEnd) {
  const std::vector<Phase> phases = phases_between(two_zone_subject().marks, 10 * kSecond);
  const std::pair<Time, std::size_t> cases[] = {{-5, 0},
                                                {0, 0},
                                                {4 * kSecond - 1, 0},
                                                {4 * kSecond, 1},
                                                {8 * kSecond - 1, 1},
                                                {8 * kSecond, 2},
                                                {10 * kSecond, 2},
                                                {99 * kSecond, 2}};
  for (const auto& [at, phase] : cases) EXPECT_EQ(phase_at(phases, at), phase) << "at " << at;
}

TEST(Phases, SlicesAreRoundAndAtMost80) {
  const std::pair<Duration, Duration> cases[] = {{40 * kSecond, ms(500)}, {10 * kSecond, ms(200)},
                                                 {8 * kSecond, ms(100)},  {8 * kSecond + 1, ms(200)},
                                                 {ms(1), ms(10)},         {3600 * kSecond, 50 * kSecond}};
  for (const auto& [duration, width] : cases) EXPECT_EQ(slice_width(duration), width) << duration;
}

TEST(Summary, CountsTheHandMadeRun) {
  RunStore store;
  fill_ten_requests(store);
  store.attempt(attempt(3, 4 * kSecond + ms(2), Failure::timeout, true));
  RunReport report;
  report.roles["frontend-az-a-0/sidecar"] = {"sidecar", 20 * kMillisecond, -1};
  const Summary summary = summarise(store, two_zone_subject(), report);

  EXPECT_TRUE(summary.valid());
  EXPECT_EQ(summary.requests, (RequestCounts{10, 9, {{"CONNECT_REFUSED", 1}}}));
  // 1, 2, 3, 4, 6, 7, 8, 9, 10 ms: rank 5 of 9 is 6, the mean 50/9.
  EXPECT_EQ(summary.latency, (LatencyFigures{9, 5'555'556, ms(6), ms(10), ms(10), ms(10), ms(10)}));

  ASSERT_THAT(summary.phases, SizeIs(3));
  EXPECT_EQ(summary.phases[0].name, "start");
  EXPECT_EQ(summary.phases[0].requests, (RequestCounts{4, 4, {}}));
  EXPECT_EQ(summary.phases[0].latency.p50, ms(2));
  EXPECT_EQ(summary.phases[1].name, "after crash backend in az-a");
  EXPECT_EQ(summary.phases[1].requests, (RequestCounts{4, 3, {{"CONNECT_REFUSED", 1}}}));
  EXPECT_EQ(summary.phases[1].latency, (LatencyFigures{3, ms(7), ms(7), ms(8), ms(8), ms(8), ms(8)}));
  EXPECT_EQ(summary.phases[2].requests, (RequestCounts{2, 2, {}}));

  const ServiceZones whole = {{"backend", {{"az-a", 6}, {"az-b", 3}}}, {"frontend", {{"az-a", 0}}}};
  EXPECT_EQ(summary.services, whole);
  EXPECT_EQ(summary.phases[1].services.at("backend"), (std::map<std::string, std::uint64_t>{{"az-a", 0}, {"az-b", 3}}));
  EXPECT_DOUBLE_EQ(share_of(whole, "backend", "az-a").value(), 2.0 / 3);
  EXPECT_FALSE(share_of(whole, "frontend", "az-a").has_value());
  EXPECT_EQ(share_of(whole, "backend", "az-c"), 0.0);

  EXPECT_EQ(summary.attempts, (AttemptCounts{11, 1, {{"CONNECT_REFUSED", 1}, {"TIMEOUT", 1}}}));
  // The last attempt on az-a began 1 ms after the crash; the retry, 1 ms later, went to az-b.
  ASSERT_THAT(summary.failovers, SizeIs(1));
  EXPECT_EQ(summary.failovers[0].after, ms(1) + 1);
  EXPECT_EQ(summary.generator, (Lateness{10'000, 10'000, 10'000, 10'000}));
  EXPECT_EQ(summary.roles.at("frontend-az-a-0/sidecar"), (RoleFigures{"sidecar", 20 * kMillisecond, -1}));

  EXPECT_EQ(summary.series.width, ms(200));
  ASSERT_THAT(summary.series.slices, SizeIs(50));
  EXPECT_EQ(summary.series.slices[20], (Series::Slice{1, 1, std::nullopt, std::nullopt}));
  EXPECT_EQ(summary.series.slices[45], (Series::Slice{1, 0, ms(10), ms(10)}));
  EXPECT_EQ(summary.series.slices[1], Series::Slice{});
  EXPECT_EQ(summary.series.answered.at("backend").at("az-b")[25], 1u);
}

TEST(Summary, OfARunWithoutRequestsIsInvalidAndHasNoFigures) {
  const Summary summary = summarise(RunStore{}, two_zone_subject(), RunReport{});
  EXPECT_THAT(summary.invalid_reasons, ElementsAre("no request was sent"));
  EXPECT_EQ(summary.latency.count, 0u);
}

struct LatenessCase {
  const char* what;
  const char* world;
  int late_at_random;                // of 1000 requests, this many are 2 ms late
  Duration late_at_the_end;          // the last 60
  std::vector<std::string> reasons;  // what each must contain
};

TEST(Summary, AnEmulatedRunWithALateGeneratorIsInvalid) {
  const LatenessCase cases[] = {{"on time", "emu", 0, 0, {}},
                                {"late, but not at p99", "emu", 10, 0, {}},
                                {"late at p99", "emu", 11, 0, {"2.00 ms at p99"}},
                                {"fell behind", "emu", 0, 6 * kMillisecond, {"6.00 ms at p99", "fell behind"}},
                                {"modelled lateness is the model's", "sim", 11, 0, {}}};
  for (const LatenessCase& c : cases) {
    RunStore store;
    for (int k = 0; k < 1000; ++k) {
      RequestRecord r = request(static_cast<std::uint64_t>(k), k * ms(1), ms(20));
      if (k < c.late_at_random) r.sent = r.intended + ms(2);
      if (k >= 940 && c.late_at_the_end > 0) r.sent = r.intended + c.late_at_the_end;
      store.request(r);
    }
    RunSubject subject = two_zone_subject();
    subject.world = c.world;
    const Summary summary = summarise(store, subject, RunReport{});
    ASSERT_THAT(summary.invalid_reasons, SizeIs(c.reasons.size())) << c.what;
    for (std::size_t i = 0; i < c.reasons.size(); ++i) {
      EXPECT_THAT(summary.invalid_reasons[i], HasSubstr(c.reasons[i])) << c.what;
    }
  }
}

TEST(Summary, KeepsTheWorldsOwnReasons) {
  RunStore store;
  fill_ten_requests(store);
  RunReport report;
  report.invalid_reasons = {"the processors were busy: 83 %"};
  EXPECT_THAT(summarise(store, two_zone_subject(), report).invalid_reasons,
              ElementsAre("the processors were busy: 83 %"));
}

TEST(Summary, LongestFailoverOfAServiceIsEmptyWhenOneNeverCame) {
  const std::vector<Failover> failovers = {{"a", "x", 0, 9, 3},
                                           {"a", "y", 0, 9, 5},
                                           {"b", "x", 0, 9, 1},
                                           {"b", "y", 0, 9, std::nullopt},
                                           {"c", "x", 0, 9, std::nullopt},
                                           {"c", "y", 0, 9, 2}};
  EXPECT_THAT(longest_failovers(failovers),
              ElementsAre(Pair("a", std::optional<Duration>(5)), Pair("b", std::nullopt), Pair("c", std::nullopt)));
}

}  // namespace
}  // namespace meshtwin
