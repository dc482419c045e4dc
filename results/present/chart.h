#pragma once

// Charts for a terminal, one column a slice of time: bars of latency (the median solid, up to the 99th percentile
// shaded), and single lines of bars for shares. Marks under the time axis say what the timeline did.

#include <optional>
#include <string>
#include <vector>

#include "mesh/base/time.h"
#include "results/present/style.h"
#include "results/summary.h"

namespace meshtwin {

// Columns of a chart for this many slices: how many columns show one slice, or how many slices share one column.
struct ChartLayout {
  std::size_t columns_per_slice = 1;
  std::size_t slices_per_column = 1;
  std::size_t columns = 0;
};
ChartLayout layout_for(std::size_t slices, std::size_t room);

// The value axis common to several charts. Linear, cut off where single slices dwarf the others; logarithmic over whole
// decades where medians themselves differ by more than that can show.
struct LatencyScale {
  bool logarithmic = false;
  bool cut = false;  // some values lie above `high`
  Duration low = 0;  // logarithmic: the lowest value shown
  Duration high = 0;
  std::size_t rows = 6;
};
LatencyScale scale_for(const std::vector<const Series*>& series);

// Lines that each begin with a label of `label_width` columns.
std::string latency_chart(const Series& series, const LatencyScale& scale, std::size_t label_width,
                          const ChartLayout& layout, const Style& style);

// One line of bars, each value 0..1; nothing where there is no value.
std::string share_line(const std::vector<std::optional<double>>& shares, const ChartLayout& layout, const Style& style);

// The axis with its ends and marks, and as many lines of labels as they need.
std::string time_axis(Duration duration, const std::vector<SummaryMark>& marks, std::size_t label_width,
                      const ChartLayout& layout, const Style& style);

}  // namespace meshtwin
