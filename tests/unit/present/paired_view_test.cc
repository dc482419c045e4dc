#include "results/present/paired_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace meshtwin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

PairedChange slower_p50() {
  PairedChange row;
  row.figure = "latency p50, ms";
  row.before = 2.35;
  row.after = 3.36;
  row.control_before = row.control_after = 2.1;
  FigureChange more;
  more.figure = "more than the control";
  more.shift = {1.01, 0.98, 1.04};
  more.effect = 1;
  more.change = Change::worse;
  row.ways = {more};
  row.p_value = 0.0003;
  row.change = Change::worse;
  return row;
}

CheckedPairs checked(Change change) {
  CheckedPairs one;
  one.scenario = "hello";
  one.file = "scenarios/hello.yaml";
  one.comparison = {10, 10, 0, {slower_p50()}};
  one.comparison.figures[0].change = change;
  return one;
}

TEST(PairedView, SaysWhatIsWorseAndByHowMuch) {
  const std::string text = view_of(std::vector{checked(Change::worse)}, {140, false, false});
  for (const std::string part : {"WORSE  hello: latency p50, ms is worse: 2.3500 to 3.3600, by +1.010 over its control",
                                 "10 pairs", "+0.980 to +1.040"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(view_of(std::vector{checked(Change::none)}, {}), HasSubstr("same  hello: no figure moved"));
}

TEST(PairedView, ItsTableKeepsToTheTerminalsWidth) {
  CheckedPairs one = checked(Change::worse);
  one.comparison.figures[0].figure = "control-plane CPU, us a request";
  one.comparison.figures[0].ways[0].shift = {38.081, -60.609, 116.006};
  for (const std::size_t width : {80, 100, 140}) {
    const std::string text = view_of(std::vector{one}, {width, false, false});
    std::istringstream lines(text.substr(text.find("\n\n")));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), width) << line;
    EXPECT_EQ(text.find("effect") != std::string::npos, width >= 132);
  }
}

TEST(PairedView, TooFewPairsAreAnErrorAndNoFailure) {
  CheckedPairs one = checked(Change::unclear);
  one.comparison.pairs_before = one.comparison.pairs_after = 3;
  one.comparison.pairs_needed = 8;
  EXPECT_THAT(view_of(std::vector{one}, {}), HasSubstr("not enough pairs: 3 before and 3 after, 8 of each are needed"));
  EXPECT_THAT(junit_of({one}), HasSubstr("failures=\"0\" errors=\"1\""));
  EXPECT_THAT(annotations_of({one}), HasSubstr("::error file=scenarios/hello.yaml,title=real baseline not judged"));
}

TEST(PairedView, TellsJUnitAndGitHub) {
  const std::string xml = junit_of({checked(Change::worse), checked(Change::none)});
  EXPECT_THAT(xml, HasSubstr("tests=\"2\" failures=\"1\" errors=\"0\""));
  EXPECT_THAT(xml, HasSubstr("<failure message=\"latency p50, ms is worse"));
  EXPECT_THAT(annotations_of({checked(Change::worse)}), HasSubstr("title=real baseline worse::hello: latency p50"));
  EXPECT_EQ(annotations_of({checked(Change::none)}), "");
}

TEST(PairedView, AsJson) {
  const auto json = nlohmann::json::parse(json_of({checked(Change::worse)}));
  EXPECT_EQ(json[0]["state"], "WORSE");
  EXPECT_EQ(json[0]["figures"][0]["ways"][0]["shift"], 1.01);
  EXPECT_EQ(json[0]["figures"][0]["change"], "worse");
}

}  // namespace
}  // namespace meshtwin
