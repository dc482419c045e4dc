#include "results/lane_check.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mesh/base/random.h"
#include "results/verdict.h"

namespace meshtwin {
namespace {

// The baseline s1 has a, b and c; s2 has a and c, s3 has b; d is in no lane. Pods are called "a-s2".
class Lanes {
 public:
  Lanes() {
    for (const char* name : {"load", "a-s1", "b-s1", "c-s1", "a-s2", "c-s2", "b-s3", "d"}) {
      RunSubject::Pod& pod = subject.pods.emplace_back();
      pod.name = name;
      if (pod.name != "load") pod.service = pod.name.substr(0, 1);
      if (pod.name.size() == 4 && pod.name[1] == '-') pod.lane = pod.name.substr(2);
    }
    subject.lane_fallback.lane = "s1";
  }

  // A traced request that those pods served, in that order.
  void request(const std::vector<std::string>& pods) {
    RequestRecord record;
    record.number = record.trace_low = ++requests_;
    record.intended = static_cast<Time>(requests_) * kSecond;
    store.request(record);
    SpanRecord span;
    span.trace_low = requests_;
    for (const std::string& name : pods) {
      const auto pod = std::ranges::find(subject.pods, name, &RunSubject::Pod::name);
      span.pod = static_cast<std::uint32_t>(pod - subject.pods.begin());
      for (const SpanKind kind : {SpanKind::outbound, SpanKind::inbound, SpanKind::server}) {
        span.kind = kind;
        if (kind != SpanKind::outbound) ++span.begin;
        store.span(span);
      }
    }
  }
  LaneCheck check(const std::string& lane = "") const { return check_lanes(store, subject, {lane, ""}); }
  LaneCheck check_of(const std::vector<std::string>& pods, const std::string& lane = "") {
    store = RunStore();
    request(pods);
    return check(lane);
  }

  RunSubject subject;
  RunStore store;

 private:
  std::uint64_t requests_ = 0;
};

TEST(LaneCheck, ALaneExplainsATraceOrNoneDoes) {
  struct Row {
    std::vector<std::string> pods;
    std::string lane;  // empty: it switched
  };
  const Row rows[] = {
      {{"a-s1", "b-s1", "c-s1"}, "s1"},         {{"a-s2", "b-s1", "c-s2"}, "s2"},
      {{"a-s1", "b-s3", "c-s1"}, "s3"},         {{"a-s2", "b-s3", "c-s2"}, ""},
      {{"a-s2", "b-s1", "c-s1"}, ""},           {{"a-s1", "b-s1", "c-s2"}, ""},
      {{"a-s1", "b-s3", "b-s1"}, ""},           {{"a-s1"}, "s1"},
      {{"a-s1", "d", "b-s3", "d"}, "s3"},       {{"b-s3"}, "s3"},
      {{"a-s2", "b-s1", "a-s2", "b-s1"}, "s2"},
  };
  Lanes lanes;
  for (const Row& row : rows) {
    const LaneCheck check = lanes.check_of(row.pods);
    EXPECT_EQ(check.traces, 1u);
    EXPECT_EQ(check.switched, row.lane.empty() ? 1u : 0u) << row.pods.front() << "…";
    EXPECT_EQ(check.by_lane.contains(row.lane), !row.lane.empty());
  }
}

TEST(LaneCheck, WhereTheLaneIsKnownNoOtherWillDo) {
  Lanes lanes;
  EXPECT_EQ(lanes.check_of({"a-s1", "b-s1", "c-s1"}, "s3").switched, 1u);
  EXPECT_EQ(lanes.check_of({"a-s1", "b-s3", "c-s1"}, "s3").switched, 0u);
  EXPECT_EQ(lanes.check_of({"a-s1", "b-s3", "c-s1"}, "s2").switched, 1u);
}

TEST(LaneCheck, ExamplesNameThePodsInTheOrderTheyWereVisited) {
  Lanes lanes;
  const LaneCheck check = lanes.check_of({"a-s2", "b-s3", "c-s2"});
  ASSERT_EQ(check.examples.size(), 1u);
  EXPECT_EQ(check.examples[0], "00000000000000000000000000000001: a-s2 b-s3 c-s2");
}

TEST(LaneCheck, AServiceMayFallBackElsewhereAndStrictNowhere) {
  Lanes lanes;
  lanes.subject.lane_fallback.by_service["b"] = "s3";
  EXPECT_EQ(lanes.check_of({"a-s2", "b-s3", "c-s2"}).switched, 0u);
  EXPECT_EQ(lanes.check_of({"a-s2", "b-s1", "c-s2"}).switched, 1u);
  lanes.subject.lane_fallback = {"", {}, true};
  EXPECT_EQ(lanes.check_of({"a-s2", "b-s1", "c-s2"}).switched, 1u);
  EXPECT_EQ(lanes.check_of({"a-s2", "c-s2"}).switched, 0u);
  lanes.subject.lane_fallback = {};
  EXPECT_EQ(lanes.check_of({"a-s2", "b-s1", "c-s2"}).switched, 0u) << "anybody may";
  EXPECT_EQ(check_lanes(lanes.store, lanes.subject, {"", "s3"}).switched, 1u)
      << "as the question says, not as the group";
}

TEST(LaneCheck, WhatIsUntracedOrVisitsNoLaneDoesNotCount) {
  Lanes lanes;
  lanes.request({"d"});
  lanes.store.request({});
  SpanRecord of_no_request;
  of_no_request.trace_low = 77;
  of_no_request.kind = SpanKind::server;
  of_no_request.pod = 1;
  lanes.store.span(of_no_request);
  EXPECT_EQ(lanes.check().traces, 0u);
}

TEST(LaneCheck, ExpectationsOfLanes) {
  Lanes lanes;
  for (int i = 0; i < 3; ++i) lanes.request({"a-s1", "b-s1", "c-s1"});  // until 3 s
  lanes.request({"a-s2", "b-s1", "c-s2"});
  lanes.request({"a-s2", "b-s1", "c-s1"});
  const auto verdict = [&](Expectation::Metric metric, const std::string& lane, Time begin = 0, Time end = 0) {
    Expectation expectation;
    expectation.metric = metric;
    expectation.lane = lane;
    expectation.at_most = 0;
    expectation.begin = begin;
    expectation.end = end;
    return evaluate(expectation, lanes.store, lanes.subject, {});
  };
  using Metric = Expectation::Metric;
  EXPECT_EQ(verdict(Metric::lane_share, "s2").shown, "20.00 %");
  EXPECT_EQ(verdict(Metric::lane_share, "s1").shown, "60.00 %");
  EXPECT_EQ(verdict(Metric::lane_share, "s3").shown, "0.00 %");
  EXPECT_EQ(verdict(Metric::lane_switches, "").shown, "1");
  EXPECT_FALSE(verdict(Metric::lane_switches, "").pass);
  EXPECT_EQ(verdict(Metric::lane_switches, "").why, "such as 00000000000000000000000000000005: a-s2 b-s1 c-s1");
  EXPECT_TRUE(verdict(Metric::lane_switches, "", 0, 5 * kSecond).pass);
  EXPECT_TRUE(verdict(Metric::lane_switches, "s1", 0, 4 * kSecond).pass);
  EXPECT_FALSE(verdict(Metric::lane_switches, "s2", 0, 4 * kSecond).pass);
  EXPECT_FALSE(verdict(Metric::lane_switches, "", 9 * kSecond).value.has_value());
}

// Ten thousand right traces, then the same with one visit of one of them moved to another pod of its service: with the
// lane known, each such move is found; whatever is found without knowing it has moved, too.
TEST(LaneCheck, OneVisitElsewhereIsFoundAmongMany) {
  RandomStream random(1, "lanes");
  const auto right = [](const std::string& lane, char service) {
    const bool there = lane == "s2" ? service != 'b' : lane == "s3" ? service == 'b' : true;
    return std::string(1, service) + '-' + (there ? lane : "s1");
  };
  Lanes lanes;
  for (int i = 0; i < 10'000; ++i) {
    const std::string lane = "s" + std::to_string(1 + random.below(3));
    std::vector<std::string> pods;
    for (std::uint64_t n = 1 + random.below(6); n > 0; --n) {
      pods.push_back(right(lane, static_cast<char>('a' + random.below(3))));
    }
    lanes.request(pods);
  }
  EXPECT_EQ(lanes.check().traces, 10'000u);
  EXPECT_EQ(lanes.check().switched, 0u);
  for (int i = 0; i < 200; ++i) {
    const std::string lane = "s" + std::to_string(1 + random.below(3));
    std::vector<std::string> pods = {right(lane, 'a'), right(lane, 'b'), right(lane, 'c')};
    std::string& moved = pods[random.below(3)];
    moved = moved.substr(0, 2) + (moved.ends_with("s1") ? (moved[0] == 'b' ? "s3" : "s2") : "s1");
    EXPECT_EQ(lanes.check_of(pods, lane).switched, 1u) << pods[0] << ' ' << pods[1] << ' ' << pods[2];
  }
}

}  // namespace
}  // namespace meshtwin
