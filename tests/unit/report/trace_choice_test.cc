#include "results/report/trace_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "results/report/traces.h"
#include "tests/unit/report/made_up_store.h"

namespace meshtwin {
namespace {

SpanRecord span(std::uint64_t trace, std::uint32_t attempts) {
  SpanRecord record;
  record.trace_low = trace;
  record.span = trace;
  record.pod = 5;
  record.peer = 0;
  record.begin = record.sent = static_cast<Time>(trace) * kMillisecond;
  record.returned = record.end = record.begin + kMillisecond;
  record.attempts = attempts;
  return record;
}

std::vector<std::string> ids(const TraceChoice& choice, const std::string& why) {
  std::vector<std::string> found;
  for (const ChosenTrace& trace : choice.chosen) {
    if (trace.why == why) found.push_back(trace.id.substr(28));
  }
  return found;
}

class Choice : public testing::Test {
 protected:
  // 100 traces of 5 ms, one after the other; 10 of them seen in `sim` only.
  void SetUp() override {
    for (const std::string world : {"emu", "sim"}) {
      StoreWriter writer(runs_.store_path("run", world), MadeUpRuns::subject(world), {});
      for (std::uint64_t i = 1; i <= 100; ++i) {
        Duration latency = 5 * kMillisecond;
        if (i == 0x20) latency = 80 * kMillisecond;
        if (i == 0x21 && world == "sim") latency = 20 * kMillisecond;
        if (i > 90 && world == "emu") continue;
        const Failure failure = i == 0x22 ? Failure::http_5xx : Failure::none;
        writer.request(traced(request(i, static_cast<Time>(i) * kMillisecond, latency, failure), i));
        writer.span(span(i, i == 0x23 ? 2 : 1));
      }
      writer.request(request(101, kSecond, kMillisecond));  // not sampled
    }
  }
  MadeUpRuns runs_;
};

TEST_F(Choice, shows_what_somebody_would_look_for_and_says_why) {
  const Database emu(runs_.path("run/emu/run.sqlite"), SqlMode::read_only);
  const Database sim(runs_.path("run/sim/run.sqlite"), SqlMode::read_only);
  const TraceChoice choice = choose_traces({{"emu", &emu}, {"sim", &sim}}, 12);
  EXPECT_EQ(choice.sampled.at("emu"), 90u);
  EXPECT_EQ(choice.sampled.at("sim"), 100u);
  EXPECT_EQ(choice.in_both, 90u);
  EXPECT_EQ(choice.chosen.size(), 12u);
  EXPECT_THAT(ids(choice, "failed"), testing::ElementsAre("0022"));
  EXPECT_THAT(ids(choice, "retried"), testing::ElementsAre("0023"));
  EXPECT_THAT(ids(choice, "slowest"), testing::Contains("0020"));
  EXPECT_EQ(ids(choice, "spread").size(), 8u);  // one failed, one was retried, two were slowest
}

TEST_F(Choice, takes_the_one_on_which_the_worlds_disagree_most) {
  const Database emu(runs_.path("run/emu/run.sqlite"), SqlMode::read_only);
  const Database sim(runs_.path("run/sim/run.sqlite"), SqlMode::read_only);
  const TraceChoice choice = choose_traces({{"emu", &emu}, {"sim", &sim}}, 6);
  EXPECT_THAT(ids(choice, "slowest"), testing::ElementsAre("0020"));
  EXPECT_THAT(ids(choice, "worlds apart"), testing::ElementsAre("0021"));
}

TEST_F(Choice, has_its_spans_from_the_intended_instant_on) {
  const Database emu(runs_.path("run/emu/run.sqlite"), SqlMode::read_only);
  const Json traces = traces_json({{"emu", &emu}});
  for (const Json& trace : traces["list"]) {
    const Json& spans = trace["worlds"]["emu"]["spans"];
    ASSERT_EQ(spans.size(), 1u);
    EXPECT_DOUBLE_EQ(spans[0][5].get<double>(), 0);     // begin
    EXPECT_DOUBLE_EQ(spans[0][8].get<double>(), 1000);  // end, in microseconds
    EXPECT_TRUE(spans[0][1].is_null());                 // the root
  }
}

TEST_F(Choice, never_takes_one_twice) {
  const Database sim(runs_.path("run/sim/run.sqlite"), SqlMode::read_only);
  TraceChoice choice = choose_traces({{"sim", &sim}}, 90);
  std::vector<std::string> all;
  for (const ChosenTrace& trace : choice.chosen) all.push_back(trace.id);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

}  // namespace
}  // namespace meshtwin
