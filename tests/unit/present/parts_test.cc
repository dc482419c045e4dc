#include <gtest/gtest.h>

#include "results/present/chart.h"
#include "results/present/numbers.h"
#include "results/present/table.h"

namespace meshtwin {
namespace {

const Style kUnicode{100, true, false};
const Style kAscii{100, false, false};

TEST(Numbers, AreShownForPeople) {
  EXPECT_EQ(show_count(0), "0");
  EXPECT_EQ(show_count(999), "999");
  EXPECT_EQ(show_count(1000), "1,000");
  EXPECT_EQ(show_count(1234567), "1,234,567");
  EXPECT_EQ(show_difference(-1234, kUnicode), "−1,234");
  EXPECT_EQ(show_difference(-1234, kAscii), "-1,234");
  EXPECT_EQ(show_difference(5, kAscii), "+5");
  EXPECT_EQ(show_difference(0, kAscii), "0");
  EXPECT_EQ(show_signed(-0.04, 1, kAscii), "0.0");
  EXPECT_EQ(show_signed(0.26, 1, kAscii), "+0.3");
  EXPECT_EQ(show_fixed(-1.25, 2, kAscii), "-1.25");
  EXPECT_EQ(show_fixed(std::nullopt, 2, kUnicode), "–");
  EXPECT_EQ(show_error(-0.0364, kAscii), "-3.6 %");
  EXPECT_EQ(show_error(11.5, kAscii), "12.5 x");
  EXPECT_EQ(show_error(std::nullopt, kAscii), "-");
  EXPECT_EQ(show_interval(500 * kMillisecond, 12 * kSecond, kAscii), "0.5-12 s");
  EXPECT_EQ(show_ms(12'345'678, 2, kAscii), "12.35");
  EXPECT_EQ(decimals_for_ms(9'999'999), 3);
  EXPECT_EQ(decimals_for_ms(10 * kMillisecond), 2);
  EXPECT_EQ(decimals_for_ms(kSecond), 1);
}

TEST(Table, AlignsNamesLeftAndNumbersRight) {
  Table table({0, 2, 2, 3}, 1);
  table.span(1, 2, "ms");
  table.head({"", "sim", "emu", "n"});
  table.row({"start", "1.5", "10.25", "7"});
  table.row({"naïve – run", "100.0", "2", "1,000"});
  table.rule();
  table.row({"no figures"});
  EXPECT_EQ(table.text(kAscii),
            "                    ms\n"
            "                 sim    emu       n\n"
            "  ---------------------------------\n"
            "  start          1.5  10.25       7\n"
            "  naïve – run  100.0      2   1,000\n"
            "  ---------------------------------\n"
            "  no figures\n");
}

TEST(Table, BreaksLongNamesBetweenWordsAndWidensForItsHeadings) {
  Table table({0, 1}, 1);
  table.limit_names(12);
  table.span(1, 1, "a wide heading");
  table.row({"after crash backend in az-a", "1"});
  EXPECT_EQ(table.text(kAscii),
            "              a wide heading\n"
            "  after crash              1\n"
            "  backend in\n"
            "  az-a\n");
  EXPECT_EQ(wrapped("unbreakable", 3), (std::vector<std::string>{"unbreakable"}));
  EXPECT_EQ(wrapped("", 3), (std::vector<std::string>{""}));
}

Series series_of(const std::vector<std::pair<Duration, Duration>>& figures) {
  Series series;
  series.width = kSecond;
  for (const auto& [p50, p99] : figures) {
    Series::Slice slice;
    slice.requests = 1;
    if (p50 > 0) {
      slice.p50 = p50 * kMillisecond;
      slice.p99 = p99 * kMillisecond;
    }
    series.slices.push_back(slice);
  }
  return series;
}

TEST(Chart, DrawsMediansSolidAndTheTailShaded) {
  const Series series = series_of({{5, 10}, {10, 20}, {0, 0}, {20, 20}});
  const LatencyScale scale = scale_for({&series});
  EXPECT_FALSE(scale.logarithmic);
  EXPECT_FALSE(scale.cut);
  EXPECT_EQ(scale.high, 20 * kMillisecond);
  const ChartLayout layout = layout_for(4, 11);
  EXPECT_EQ(layout.columns, 8u);
  EXPECT_EQ(latency_chart(series, scale, 8, layout, kUnicode),
            "    20 ┤  ░░  ██\n"
            "       │  ░░  ██\n"
            "       │  ░░  ██\n"
            "    10 ┤░░██  ██\n"
            "       │▄▄██  ██\n"
            "       │████  ██\n");
  EXPECT_EQ(latency_chart(series, scale, 8, layout, kAscii),
            "    20 +  ::  ##\n"
            "       |  ::  ##\n"
            "       |  ::  ##\n"
            "    10 +::##  ##\n"
            "       |####  ##\n"
            "       |####  ##\n");
}

TEST(Chart, CutsOffSingleSlicesAndMarksThem) {
  std::vector<std::pair<Duration, Duration>> figures(10, {5, 10});
  figures[3] = {6, 900};
  const Series series = series_of(figures);
  const LatencyScale scale = scale_for({&series});
  EXPECT_FALSE(scale.logarithmic);
  EXPECT_TRUE(scale.cut);
  EXPECT_EQ(scale.high, 50 * kMillisecond);
  const std::string chart = latency_chart(series, scale, 8, layout_for(10, 10), kAscii);
  EXPECT_EQ(chart.substr(0, chart.find('\n')), "    50 +   ^");
}

TEST(Chart, IsLogarithmicOverWholeDecadesWhereMediansDifferWidely) {
  const Series series = series_of({{2, 4}, {200, 900}});
  const LatencyScale scale = scale_for({&series});
  EXPECT_TRUE(scale.logarithmic);
  EXPECT_EQ(scale.low, kMillisecond);
  EXPECT_EQ(scale.high, kSecond);
  EXPECT_EQ(latency_chart(series, scale, 8, layout_for(2, 10), kAscii),
            "  1000 +     :::::\n"
            "       |     #####\n"
            "   100 +     #####\n"
            "       |     #####\n"
            "    10 +     #####\n"
            "       |##########\n");
}

TEST(Chart, SharesAreOneLine) {
  EXPECT_EQ(share_line({0.0, 0.001, 0.5, 1.0, std::nullopt, 1.0}, layout_for(6, 10), kUnicode), " ▁▄█ █");
  EXPECT_EQ(share_line({0.0, 0.001, 0.5, 1.0, std::nullopt, 1.0}, layout_for(6, 10), kAscii), "_.=# #");
}

TEST(Chart, NarrowTerminalsPutSeveralSlicesInAColumn) {
  const ChartLayout layout = layout_for(35, 10);
  EXPECT_EQ(layout.slices_per_column, 4u);
  EXPECT_EQ(layout.columns, 9u);
}

TEST(Chart, LabelsUnderTheAxisDoNotTouch) {
  const std::vector<SummaryMark> marks = {
      {10 * kSecond, "crash"}, {12 * kSecond, "restore"}, {38 * kSecond, "cut the link"}};
  EXPECT_EQ(time_axis(40 * kSecond, marks, 3, layout_for(40, 40), kAscii),
            "  +----------+-+-------------------------+- 40 s\n"
            "   0 s       10 s crash  38 s cut the link\n"
            "               12 s restore\n");
}

}  // namespace
}  // namespace meshtwin
