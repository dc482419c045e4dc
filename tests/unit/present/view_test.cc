#include "results/present/view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <regex>
#include <sstream>

#include "tests/unit/present/realistic_runs.h"

namespace meshtwin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Runs {
  Summary sim = MadeUpRun({"sim", 1.0, 0.6, 300 * kMillisecond, 0}).summary();
  Summary emu = MadeUpRun({"emu", 1.03, 0.7, 340 * kMillisecond, 90 * kMicrosecond}).summary();
  Summary sim_bare = MadeUpRun({"sim", 1.0, 0.2, 300 * kMillisecond, 0}).summary();
  Summary emu_bare = MadeUpRun({"emu", 1.02, 0.25, 340 * kMillisecond, 90 * kMicrosecond}).summary();
  Summary null = MadeUpRun({"sim", 1.0, 0.0, 300 * kMillisecond, 0}).summary();
  Summary repeat = MadeUpRun({"emu", 1.035, 0.71, 340 * kMillisecond, 90 * kMicrosecond}).summary();

  std::string both(const Style& style) const {
    const ComparedRuns runs{&sim, &emu, &sim_bare, &emu_bare, &null, nullptr, &repeat};
    return view_of(compare(runs), sim, emu, style, true);
  }
};

const Runs& runs() {
  static const Runs all;
  return all;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string without_colour(const std::string& text) {
  return std::regex_replace(text, std::regex("\x1b\\[[0-9;]*m"), "");
}

TEST(View, KeepsToTheTerminalsWidth) {
  for (const std::size_t width : {80, 100, 140}) {
    for (const bool unicode : {true, false}) {
      const Style style{width, unicode, false};
      for (const std::string& text : {runs().both(style), view_of(runs().emu, style)}) {
        for (const std::string& line : lines_of(text)) {
          // The one-line title and a reason are sentences; a terminal may break them.
          if (line.find("seed") != std::string::npos || line.find("emu: ") != std::string::npos) continue;
          EXPECT_LE(columns_of(line), width) << line;
        }
      }
    }
  }
}

// Three repeats in both worlds, with what is expected of the model.
Comparison repeats() {
  const ComparedRuns compared{&runs().sim,  &runs().emu, &runs().sim_bare, &runs().emu_bare,
                              &runs().null, nullptr,     &runs().repeat};
  std::vector<Comparison> all(3, compare(compared));
  for (std::size_t i = 0; i < all.size(); ++i) all[i].seed = all[i].seeds[0] = 7 + i;
  all[2].latency.back().sim = *all[2].latency.back().sim * 2;
  Comparison combined = combine(all);
  combined.expectations = {{{"model_error_p50 at most 10%", 0.05, "-5.00 %", true, ""}, std::nullopt},
                           {{"model_error_share at most 1%", std::nullopt, "-", false, "nothing was answered"}, {}}};
  return combined;
}

TEST(View, OfSeveralRepeatsShowsIntervalsAndWhatIsExpectedOfTheModel) {
  const std::string text = view_of(repeats(), {});
  if (std::getenv("MESHTWIN_SHOW") != nullptr) std::cout << text;
  for (const std::string part :
       {"3 repeats, seeds 7 to 9", "95 % of it", "emu again", "the mesh adds, ms", "failover of backend",
        "CPU, us a request", "model_error_p50 at most 10%", "nothing was answered"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  for (const std::size_t width : {80, 100, 140}) {
    for (const std::string& line : lines_of(view_of(repeats(), {width, false, false}))) {
      EXPECT_LE(columns_of(line), width) << line;
    }
  }
}

TEST(View, InOneWorldSaysThatTheModelIsNotJudged) {
  Summary sim = runs().sim;
  sim.unjudged = {{"model_error_p50 at most 10%", std::nullopt, "-", false, "needs both worlds"}};
  EXPECT_THAT(view_of(sim, {}), HasSubstr("model_error_p50 at most 10%: not judged: needs both worlds"));
}

TEST(View, IsPlainAsciiWhereTheTerminalKnowsNoOther) {
  for (const char c : runs().both({100, false, true})) {
    ASSERT_TRUE(c == '\n' || c == '\x1b' || (c >= ' ' && c <= '~')) << "character " << static_cast<int>(c);
  }
}

TEST(View, ColourOnlyUnderlinesWhatIsThereAnyway) {
  const std::string plain = runs().both({100, true, false});
  const std::string coloured = runs().both({100, true, true});
  EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
  EXPECT_THAT(coloured, HasSubstr("\x1b[32m✓\x1b[0m"));
  EXPECT_EQ(without_colour(coloured), plain);
}

TEST(View, NoLineEndsInBlanks) {
  for (const std::string& line : lines_of(runs().both({})))
    EXPECT_THAT(line, Not(::testing::EndsWith(" "))) << '[' << line << ']';
}

// Set MESHTWIN_SHOW to see a whole view as it looks.
TEST(View, ShowsEachFigureOfBothWorldsAndTheirDifference) {
  const std::string text = runs().both({});
  if (std::getenv("MESHTWIN_SHOW") != nullptr) std::cout << text << view_of(runs().emu, {});
  const std::vector<std::string> expected = {
      "az-failover · modelled and real · seed 7 · 40 s",
      "after crash backend in az-a",
      "12–26 s",
      "−5.7 %",  // p50 after the crash: 5.86 against 6.22
      "the mesh adds, ms",
      "failed: HTTP_5XX                           16         15           +1",
      "failover of backend, s                  0.287      0.318       −9.7 %",
      "processors busy                        31.1 %     34.2 %      −3.1 pt",
      "az-a>az-b  sim   1000.0   1050.0  1099.0    0.0          0.0    21,377     0",
      "backend         az-a    100.0  100.0      0.0    0.0     86.3   86.3",
      "zone_share backend az-b at least 99% during 15s..26s    100.00 % ✓    100.00 % ✓",
      "emu: failover frontend at most 1s: no zone of frontend fails in this time",
  };
  for (const std::string& part : expected) EXPECT_THAT(text, HasSubstr(part));
}

TEST(View, SaysWhyARunIsInvalid) {
  Summary emu = runs().emu;
  emu.invalid_reasons = {"the processors were busy: 83 %"};
  EXPECT_THAT(view_of(emu, {}), HasSubstr("  emu run INVALID: the processors were busy: 83 %\n"));
  EXPECT_THAT(view_of(runs().emu, {}), Not(HasSubstr("INVALID")));
}

TEST(View, SaysWhenArrivalsDiffer) {
  Summary sim = runs().sim;
  sim.arrivals ^= 1;
  const Comparison comparison = compare({.sim = &sim, .emu = &runs().emu});
  EXPECT_THAT(view_of(comparison, sim, runs().emu, {}), HasSubstr("not asked for the same requests"));
  EXPECT_THAT(runs().both({}), Not(HasSubstr("not asked for the same requests")));
}

TEST(View, OfARunInWhichNothingHappenedStillStands) {
  RunSubject subject;
  subject.scenario = "empty";
  subject.world = "sim";
  subject.duration = kSecond;
  const Summary summary = summarise(RunStore{}, subject, RunReport{});
  const std::string text = view_of(summary, {});
  EXPECT_THAT(text, HasSubstr("whole run"));
  EXPECT_THAT(text, HasSubstr("sim run INVALID: no request was sent"));
  EXPECT_THAT(view_of(compare({.sim = &summary, .emu = &summary}), summary, summary, {}), HasSubstr("whole run"));
}

}  // namespace
}  // namespace meshtwin
