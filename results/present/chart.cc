#include "results/present/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "results/latency.h"
#include "results/present/numbers.h"

namespace meshtwin {
namespace {

constexpr std::array<std::string_view, 9> kEighths = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

// The smallest of 1, 2, 2.5, 5 times a power of ten that is not below `value`.
Duration round_up(Duration value) {
  for (Duration decade = kMicrosecond;; decade *= 10) {
    for (const Duration tenths : {10, 20, 25, 50}) {
      if (tenths * decade / 10 >= value) return tenths * decade / 10;
    }
  }
}

Duration power_of_ten_below(Duration value) {
  Duration power = 1;
  while (power * 10 <= value) power *= 10;
  return power;
}

// 0..1 of the chart's height.
double height_of(Duration value, const LatencyScale& scale) {
  if (!scale.logarithmic) return static_cast<double>(value) / static_cast<double>(scale.high);
  const double span = std::log(static_cast<double>(scale.high) / static_cast<double>(scale.low));
  return std::max(0.0,
                  std::log(static_cast<double>(std::max<Duration>(value, 1)) / static_cast<double>(scale.low)) / span);
}

// The value at a height: what the label beside it says.
Duration value_at(double height, const LatencyScale& scale) {
  if (!scale.logarithmic) return std::llround(height * static_cast<double>(scale.high));
  const double ratio = static_cast<double>(scale.high) / static_cast<double>(scale.low);
  return std::llround(static_cast<double>(scale.low) * std::pow(ratio, height));
}

std::optional<Duration> largest(const std::vector<Series::Slice>& slices, std::size_t begin, std::size_t end,
                                std::optional<Duration> Series::Slice::*figure) {
  std::optional<Duration> found;
  for (std::size_t i = begin; i < std::min(end, slices.size()); ++i) found = std::max(found, slices[i].*figure);
  return found;
}

std::string_view chart_cell(double solid, double shaded, bool bottom, const Style& style) {
  // In rows: how much of this one is filled.
  if (style.unicode) {
    int eighths = static_cast<int>(std::lround(std::clamp(solid, 0.0, 1.0) * 8));
    if (bottom && solid > 0) eighths = std::max(eighths, 1);
    if (eighths > 0) return kEighths[static_cast<std::size_t>(eighths)];
    return shaded >= 0.5 ? "░" : " ";
  }
  if (solid >= 0.5 || (bottom && solid > 0)) return "#";
  return shaded >= 0.5 ? ":" : " ";
}

// The top, and between it and the bottom the middle, or every whole decade.
bool has_label(std::size_t row, const LatencyScale& scale) {
  if (row + 1 == scale.rows) return true;
  if (!scale.logarithmic) return row + 1 == scale.rows / 2;
  const Duration top = value_at(static_cast<double>(row + 1) / static_cast<double>(scale.rows), scale);
  const Duration decade = power_of_ten_below(top + top / 100);
  return std::abs(top - decade) * 100 <= decade;
}

std::string latency_label(Duration value) {
  const double ms = static_cast<double>(value) / 1e6;
  return ms >= 100 ? fmt::format("{:.0f}", ms) : fmt::format("{:.3g}", ms);
}

std::size_t column_at(Time at, Duration duration, const ChartLayout& layout) {
  const double share = static_cast<double>(at) / static_cast<double>(std::max<Duration>(duration, 1));
  return std::min(layout.columns - 1, static_cast<std::size_t>(share * static_cast<double>(layout.columns)));
}

struct AxisLabel {
  std::size_t column;
  std::string text;
};

// Each label on the first line where it does not touch the one before; near the right edge it ends at its tick instead.
std::vector<std::string> place_labels(const std::vector<AxisLabel>& labels, std::size_t columns) {
  std::vector<std::string> lines;
  for (const AxisLabel& label : labels) {
    const std::size_t width = columns_of(label.text);
    const bool overruns = label.column + width > columns && width <= label.column + 1;
    const std::size_t begin = overruns ? label.column + 1 - width : label.column;
    auto line = std::find_if(lines.begin(), lines.end(), [begin](const std::string& candidate) {
      return candidate.empty() || columns_of(candidate) + 2 <= begin;
    });
    if (line == lines.end()) line = lines.insert(line, "");
    line->append(begin - columns_of(*line), ' ');
    *line += label.text;
  }
  return lines;
}

}  // namespace

ChartLayout layout_for(std::size_t slices, std::size_t room) {
  ChartLayout layout;
  slices = std::max<std::size_t>(slices, 1);
  room = std::max<std::size_t>(room, 10);
  if (slices <= room) {
    layout.columns_per_slice = room / slices;
    layout.columns = slices * layout.columns_per_slice;
  } else {
    layout.slices_per_column = (slices + room - 1) / room;
    layout.columns = (slices + layout.slices_per_column - 1) / layout.slices_per_column;
  }
  return layout;
}

LatencyScale scale_for(const std::vector<const Series*>& series) {
  std::vector<Duration> medians;
  std::vector<Duration> tops;
  for (const Series* one : series) {
    for (const Series::Slice& slice : one->slices) {
      if (slice.p50) medians.push_back(std::max<Duration>(1, *slice.p50));
      if (slice.p99) tops.push_back(std::max<Duration>(1, *slice.p99));
    }
  }
  LatencyScale scale;
  scale.high = kMillisecond;
  if (tops.empty() || medians.empty()) return scale;
  const Duration highest = *std::max_element(tops.begin(), tops.end());
  const auto [least, most] = std::minmax_element(medians.begin(), medians.end());
  if (*most > 8 * *least) {
    scale.logarithmic = true;
    scale.low = power_of_ten_below(*least);
    std::size_t decades = 0;
    for (scale.high = scale.low; scale.high < highest; scale.high *= 10) ++decades;
    scale.rows = std::max<std::size_t>(decades, 6 / decades * decades);
    return scale;
  }
  scale.high = round_up(std::min(highest, std::max(3 * nearest_rank(tops, 500), *most * 5 / 4)));
  scale.cut = highest > scale.high;
  return scale;
}

std::string latency_chart(const Series& series, const LatencyScale& scale, std::size_t label_width,
                          const ChartLayout& layout, const Style& style) {
  const auto rows = static_cast<double>(scale.rows);
  std::string text;
  for (std::size_t row = scale.rows; row-- > 0;) {
    const bool labelled = has_label(row, scale);
    const Duration top = value_at(static_cast<double>(row + 1) / rows, scale);
    text += fmt::format("{:>{}} ", labelled ? latency_label(top) : "", label_width - 2);
    text += style.unicode ? (labelled ? "┤" : "│") : (labelled ? "+" : "|");
    std::string line;
    for (std::size_t column = 0; column < layout.columns; ++column) {
      const std::size_t first = column / layout.columns_per_slice * layout.slices_per_column;
      const std::size_t last = first + layout.slices_per_column;
      const std::optional<Duration> p50 = largest(series.slices, first, last, &Series::Slice::p50);
      const std::optional<Duration> p99 = largest(series.slices, first, last, &Series::Slice::p99);
      const auto above = [&](const std::optional<Duration>& value) {
        return value ? height_of(*value, scale) * rows - static_cast<double>(row) : 0.0;
      };
      const bool beyond = row + 1 == scale.rows && p99.value_or(0) > scale.high;
      line += beyond ? (style.unicode ? "▲" : "^") : chart_cell(above(p50), above(p99), row == 0, style);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string share_line(const std::vector<std::optional<double>>& shares, const ChartLayout& layout,
                       const Style& style) {
  constexpr std::string_view kAscii = "_.:-=+*%#";
  std::string line;
  for (std::size_t column = 0; column < layout.columns; ++column) {
    const std::size_t first = column / layout.columns_per_slice * layout.slices_per_column;
    double sum = 0;
    int count = 0;
    for (std::size_t i = first; i < std::min(first + layout.slices_per_column, shares.size()); ++i) {
      if (!shares[i]) continue;
      sum += *shares[i];
      ++count;
    }
    if (count == 0) {
      line += ' ';
      continue;
    }
    // Nothing at all shows as an empty place, the least something as the lowest bar.
    const double share = std::clamp(sum / count, 0.0, 1.0);
    const auto level = share <= 0 ? 0 : std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(share * 8)));
    if (style.unicode) {
      line += kEighths[level];
    } else {
      line += kAscii[level];
    }
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string time_axis(Duration duration, const std::vector<SummaryMark>& marks, std::size_t label_width,
                      const ChartLayout& layout, const Style& style) {
  std::vector<std::string_view> axis(layout.columns, style.unicode ? "─" : "-");
  std::vector<AxisLabel> labels = {{0, "0 s"}};
  for (const SummaryMark& mark : marks) {
    if (mark.at < 0 || mark.at >= duration) continue;
    const std::size_t column = column_at(mark.at, duration, layout);
    axis[column] = style.unicode ? "┬" : "+";
    labels.push_back({column, show_seconds(mark.at) + " s " + mark.text});
  }
  std::string text = std::string(label_width - 1, ' ') + (style.unicode ? "└" : "+");
  for (const std::string_view cell : axis) text += cell;
  text += ' ' + show_seconds(duration) + " s\n";
  for (const std::string& line : place_labels(labels, layout.columns)) {
    text += std::string(label_width, ' ') + line + '\n';
  }
  return text;
}

}  // namespace meshtwin
