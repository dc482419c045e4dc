#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/present/sweep_plot.h"
#include "results/present/sweep_view.h"
#include "tests/unit/results/made_up_sweep.h"

namespace meshtwin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> labels(const Plot& plot) {
  std::vector<std::string> labels;
  for (const PlotLine& line : plot.lines) labels.push_back(line.label);
  return labels;
}

TEST(SweepPlot, ALineForEachValueOfBy) {
  const SweepTable table = made_up_sweep();
  const std::vector<Plot> plots = plots_of(table, {{0, 1, 0, {}, {}}});
  ASSERT_EQ(plots.size(), 1u);
  EXPECT_EQ(plots[0].file_name, "latency_p99-by-load-0-rate");
  EXPECT_THAT(labels(plots[0]), ElementsAre("none", "a, \"b\""));
  ASSERT_EQ(plots[0].lines[1].dots.size(), 2u);
  EXPECT_EQ(plots[0].lines[1].dots[0].x, 1u) << "100/s comes before 400/s, whichever was written first";
  EXPECT_EQ(plots[0].lines[1].dots[0].spread.median, 4);
}

TEST(SweepPlot, APlotForEachValueOfTheOtherAxes) {
  const std::vector<Plot> plots = plots_of(made_up_sweep(), {{0, {}, 0, {}, {}}, {0, {}, 0, {}, {}}});
  ASSERT_EQ(plots.size(), 4u);
  EXPECT_EQ(plots[0].apart, "mesh = none");
  EXPECT_EQ(plots[1].apart, "mesh = a, \"b\"");
  EXPECT_EQ(plots[1].file_name, "latency_p99-by-load-0-rate.mesh=a---b-");
  EXPECT_EQ(plots[3].file_name, "latency_p99-by-load-0-rate.mesh=a---b--2") << "wished for twice";
}

TEST(SweepPlot, WorldsAreLinesOfTheirOwn) {
  SweepTable table = made_up_sweep();
  for (std::size_t i = 0; i < 12; i += 3) table.rows[i].world = "emu";
  EXPECT_THAT(labels(plots_of(table, {{0, 1, 0, {}, {}}})[0]),
              ElementsAre("none, real", "none, modelled", "a, \"b\", real", "a, \"b\", modelled"));
}

std::string script(const SweepTable& table, const PlotWish& wish) {
  return gnuplot_script(table, plots_of(table, {wish})[0]);
}

TEST(SweepPlot, TheScriptHasDataTitlesAndBands) {
  const std::string text = script(made_up_sweep(), {0, 1, 0, {}, {}});
  EXPECT_THAT(text, HasSubstr("$line1 << END\n100 4 3 5\n400 40 30 50\nEND\n"));
  EXPECT_THAT(text, HasSubstr("set xlabel \"load.0.rate, requests a second\""));
  EXPECT_THAT(text, HasSubstr("set ylabel \"latency p99, ms\""));
  EXPECT_THAT(text, HasSubstr("title \"a, \\\"b\\\"\"")) << "quotes do not end gnuplot's text";
  EXPECT_THAT(text, HasSubstr("with filledcurves"));
  EXPECT_THAT(text, HasSubstr("quartiles of 3 runs"));
  EXPECT_THAT(text, HasSubstr("set output \"latency_p99-by-load-0-rate.png\""));
}

TEST(SweepPlot, AxesAreLogarithmicWhereValuesAre) {
  SweepTable table = made_up_sweep();
  EXPECT_THAT(script(table, {0, 1, 0, {}, {}}), Not(HasSubstr("logscale x")));
  EXPECT_THAT(script(table, {0, 1, 0, true, {}}), HasSubstr("logscale x"));
  table.axes[0].logarithmic = true;
  EXPECT_THAT(script(table, {0, 1, 0, {}, {}}), HasSubstr("logscale x"));
  EXPECT_THAT(script(table, {0, 1, 0, false, {}}), Not(HasSubstr("logscale x")));
  table.rows[0].figures[0] = 0;
  EXPECT_THAT(script(table, {0, 1, 0, {}, true}), HasSubstr("logscale y")) << "the quartiles are above 0";
  for (auto& row : table.rows) row.figures[0] = 0;
  EXPECT_THAT(script(table, {0, 1, 0, {}, true}), Not(HasSubstr("logscale y"))) << "0 has no place on it";
}

TEST(SweepPlot, WordsStandSideBySide) {
  const std::string text = script(made_up_sweep(), {1, 0, 1, {}, {}});
  EXPECT_THAT(text, HasSubstr("set xtics (\"none\" 0, \"a, \\\"b\\\"\" 1)"));
  EXPECT_THAT(text, HasSubstr("with yerrorbars"));
  EXPECT_THAT(text, HasSubstr("75 75 75")) << "a share in per cent";
}

TEST(SweepPlot, WithoutAnyValidRunItSaysSo) {
  SweepTable table = made_up_sweep();
  for (auto& row : table.rows) row.invalid = {"busy"};
  EXPECT_THAT(script(table, {0, 1, 0, {}, {}}), HasSubstr("no valid run has this figure"));
}

TEST(SweepView, HasMediansAndWhatIsNotValid) {
  const Style style{100, false, false};
  const std::string text = view_of(made_up_sweep(), style);
  EXPECT_THAT(text, HasSubstr("load.0.rate   mesh     world     runs   latency p99, ms   success rate, %"));
  EXPECT_THAT(text, HasSubstr("400/s         none     sim     2 of 3             20.00             75.00"));
  EXPECT_THAT(text, HasSubstr("100/s         a, \"b\"   sim          3             4.000             75.00"));
}

TEST(SweepView, APlotIsATableOfItsLines) {
  const SweepTable table = made_up_sweep();
  const std::string text = view_of(table, plots_of(table, {{0, 1, 0, {}, {}}})[0], {100, false, false});
  EXPECT_THAT(text, HasSubstr("latency p99, ms by load.0.rate"));
  EXPECT_THAT(text, HasSubstr("100/s   400/s"));
  EXPECT_THAT(text, HasSubstr("a, \"b\"   _#   4.000   40.00"));
}

}  // namespace
}  // namespace meshtwin
