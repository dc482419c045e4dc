#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "results/present/blocks.h"
#include "results/present/chart.h"
#include "results/present/numbers.h"

namespace meshtwin {
namespace {

constexpr std::size_t kLatencyLabel = 10;

ChartLayout layout_of(const Summary& run, std::size_t label_width, const Style& style) {
  const std::size_t beside = label_width + columns_of(show_seconds(run.duration)) + 3;  // " 40 s" ends the axis
  return layout_for(run.series.slices.size(), style.width > beside ? style.width - beside : 1);
}

std::string latency_charts(const Worlds& worlds, std::size_t label_width, const Style& style) {
  std::vector<const Series*> series;
  for (const Summary* run : worlds) series.push_back(&run->series);
  const LatencyScale scale = scale_for(series);
  std::string title = fmt::format("latency over time, ms{}: p50 {}  p99 {}", scale.logarithmic ? " (logarithmic)" : "",
                                  style.unicode ? "█" : "#", style.unicode ? "░" : ":");
  if (scale.cut) title += fmt::format("  beyond {}", style.unicode ? "▲" : "^");
  std::string text = "  " + painted(title, Paint::dim, style) + '\n';
  const ChartLayout layout = layout_of(*worlds.back(), label_width, style);
  for (const Summary* run : worlds) {
    if (worlds.size() > 1) text += "  " + run->world + '\n';
    text += latency_chart(run->series, scale, label_width, layout, style);
  }
  const Summary& run = *worlds.back();
  return text + time_axis(run.duration, run.marks, label_width, layout, style);
}

std::vector<std::optional<double>> shares_over_time(const Series& series, const std::string& service,
                                                    const std::string& zone) {
  std::vector<std::optional<double>> shares(series.slices.size());
  const auto zones = series.answered.find(service);
  if (zones == series.answered.end()) return shares;
  for (std::size_t slice = 0; slice < shares.size(); ++slice) {
    std::uint64_t all = 0;
    std::uint64_t here = 0;
    for (const auto& [name, answered] : zones->second) {
      all += answered[slice];
      if (name == zone) here = answered[slice];
    }
    if (all > 0) shares[slice] = static_cast<double>(here) / static_cast<double>(all);
  }
  return shares;
}

std::vector<std::optional<double>> failures_over_time(const Series& series) {
  std::vector<std::optional<double>> shares;
  for (const Series::Slice& slice : series.slices) {
    shares.push_back(slice.requests == 0
                         ? std::nullopt
                         : std::optional(static_cast<double>(slice.failed) / static_cast<double>(slice.requests)));
  }
  return shares;
}

struct Line {
  std::string label;
  std::vector<std::optional<double>> shares;
};

// `what` stands on the first of the worlds' lines.
template <typename Shares>
void add_lines(std::vector<Line>& lines, const Worlds& worlds, const std::string& what, Shares&& shares) {
  std::string shown = what;
  for (const Summary* run : worlds) {
    const std::string label = worlds.size() == 1 ? shown : fmt::format("{}  {}", shown, run->world);
    lines.push_back({label, shares(run->series)});
    shown = std::string(columns_of(what), ' ');
  }
}

struct ShareChart {
  std::string title;
  std::vector<Line> lines;
};

std::string share_chart(const ShareChart& chart, const Summary& run, std::size_t label_width, const Style& style) {
  const ChartLayout layout = layout_of(run, label_width, style);
  std::string text = "  " + painted(chart.title, Paint::dim, style) + '\n';
  for (const Line& line : chart.lines) {
    text += "  " + line.label + std::string(label_width - 3 - columns_of(line.label), ' ');
    text += style.unicode ? "│" : "|";
    text += share_line(line.shares, layout, style) + '\n';
  }
  return text + time_axis(run.duration, run.marks, label_width, layout, style);
}

void add_zone_charts(std::vector<ShareChart>& charts, const Worlds& worlds) {
  const Summary& run = *worlds.back();
  std::set<std::string> services;
  for (const Failover& failover : run.failovers) services.insert(failover.service);
  for (const std::string& service : services) {
    const auto zones = run.series.answered.find(service);
    if (zones == run.series.answered.end()) continue;
    ShareChart& chart = charts.emplace_back(ShareChart{"share of " + service + "'s answers by zone", {}});
    for (const auto& zone : zones->second) {
      add_lines(chart.lines, worlds, zone.first,
                [&](const Series& series) { return shares_over_time(series, service, zone.first); });
    }
  }
}

void add_failure_chart(std::vector<ShareChart>& charts, const Worlds& worlds) {
  const bool any = std::any_of(worlds.begin(), worlds.end(),
                               [](const Summary* run) { return run->requests.ok < run->requests.sent; });
  if (!any) return;
  ShareChart& chart = charts.emplace_back(ShareChart{"share of requests that failed", {}});
  add_lines(chart.lines, worlds, "failed", [](const Series& series) { return failures_over_time(series); });
}

}  // namespace

std::string chart_block(const Worlds& worlds, const Style& style) {
  std::vector<ShareChart> charts;
  add_zone_charts(charts, worlds);
  add_failure_chart(charts, worlds);
  // One width for all, so that a moment is in the same column of each.
  std::size_t label_width = kLatencyLabel;
  for (const ShareChart& chart : charts) {
    for (const Line& line : chart.lines) label_width = std::max(label_width, columns_of(line.label) + 4);
  }
  std::string text = latency_charts(worlds, label_width, style);
  for (const ShareChart& chart : charts) text += '\n' + share_chart(chart, *worlds.back(), label_width, style);
  return text;
}

}  // namespace meshtwin
