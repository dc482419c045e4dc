#pragma once

// A sweep's figures as plots for gnuplot: a script with its data, so that whoever wants another plot edits it. A point
// is the median of its valid runs; the band, or the bar, round it goes from the lower to the upper quartile.

#include <optional>
#include <string>
#include <vector>

#include "results/sweep_table.h"

namespace meshtwin {

struct PlotWish {
  std::size_t x = 0;              // an axis
  std::optional<std::size_t> by;  // an axis with a line for each of its values
  std::size_t y = 0;              // a figure
  std::optional<bool> log_x;      // default: as the axis's values lie
  std::optional<bool> log_y;      // default: where the figure goes over more than one and a half decades
};

// One of the lines of a plot: where the other axes stand on it.
struct PlotLine {
  std::string label;
  struct Dot {
    std::size_t x = 0;  // a place in the axis's values
    Spread spread;
  };
  std::vector<Dot> dots;  // in the order of the axis
};

// A plot with its lines; each combination of the axes that are neither x nor `by` has a plot of its own.
struct Plot {
  PlotWish wish;
  std::string file_name;  // without ending: latency_p99-by-load-0-rate.load-0-sidecar=false
  std::string apart;      // where the remaining axes stand: "load.0.clients = 4"; empty: there are none
  std::vector<PlotLine> lines;
};
std::vector<Plot> plots_of(const SweepTable& table, const std::vector<PlotWish>& wishes);

// Writes FILE_NAME.svg and FILE_NAME.png, and nothing else, when gnuplot runs it.
std::string gnuplot_script(const SweepTable& table, const Plot& plot);

}  // namespace meshtwin
