#include "results/present/sweep_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/present/numbers.h"
#include "results/present/table.h"

namespace meshtwin {
namespace {

constexpr std::size_t kColumnsMost = 8;  // of a plot's table, beside the bars

// Three to four significant digits; a share in per cent.
std::string value_of(const std::optional<double>& value, const Figure& figure) {
  if (!value) return "-";
  const double shown = figure.is_share ? 100 * *value : *value;
  const double size = std::abs(shown);
  if (figure.is_count) return fmt::format("{:.{}f}", shown, shown == std::round(shown) ? 0 : 1);
  if (figure.is_share) return fmt::format("{:.2f}", shown);
  if (size >= 1e4 || (shown == std::round(shown) && size >= 1000)) return fmt::format("{:.0f}", shown);
  return size >= 100  ? fmt::format("{:.1f}", shown)
         : size >= 10 ? fmt::format("{:.2f}", shown)
                      : fmt::format("{:.3f}", shown);
}

std::string heading_of(const Figure& figure) {
  return figure.is_share ? figure.title + ", %" : figure.title;
}

std::optional<double> median(const SweepPoint& point, std::size_t figure) {
  const auto spread = spread_of(point, figure);
  return spread ? std::optional(spread->median) : std::nullopt;
}

std::string valid_of(const SweepPoint& point) {
  const auto valid = static_cast<std::size_t>(
      std::count_if(point.rows.begin(), point.rows.end(), [](const SweepTable::Row* row) { return row->valid(); }));
  return valid == point.rows.size() ? fmt::format("{}", valid) : fmt::format("{} of {}", valid, point.rows.size());
}

// The figures' columns by blocks that fit beside the axes' columns.
std::vector<std::pair<std::size_t, std::size_t>> blocks_of(const SweepTable& table, std::size_t room) {
  std::vector<std::pair<std::size_t, std::size_t>> blocks;
  std::size_t used = 0;
  for (std::size_t i = 0; i < table.figures.size(); ++i) {
    const std::size_t width = std::max<std::size_t>(columns_of(heading_of(table.figures[i])), 8) + 3;
    if (blocks.empty() || used + width > room) {
      blocks.push_back({i, i});
      used = 0;
    }
    used += width;
    blocks.back().second = i + 1;
  }
  return blocks;
}

std::size_t axes_width(const SweepTable& table) {
  std::size_t width = 14;  // indent, world, runs
  for (const SweepTable::Axis& axis : table.axes) {
    std::size_t widest = columns_of(axis.name);
    for (const SweepTable::Value& value : axis.values) widest = std::max(widest, columns_of(value.label));
    width += widest + 3;
  }
  return width;
}

std::string block_text(const SweepTable& table, std::size_t begin, std::size_t end, const Style& style) {
  const std::size_t axes = table.axes.size();
  std::vector<std::size_t> gaps(axes + 2 + end - begin, 3);
  gaps.front() = 2;
  Table out(gaps, axes + 1);
  std::vector<std::string> titles;
  for (const SweepTable::Axis& axis : table.axes) titles.push_back(axis.name);
  titles.insert(titles.end(), {"world", "runs"});
  for (std::size_t i = begin; i < end; ++i) titles.push_back(heading_of(table.figures[i]));
  out.head(titles);
  for (const SweepPoint& point : points_of(table)) {
    std::vector<Table::Cell> cells;
    for (std::size_t i = 0; i < axes; ++i) cells.push_back(table.axes[i].values[point.at[i]].label);
    cells.push_back(point.world);
    const std::string valid = valid_of(point);
    cells.push_back({valid, valid.find(' ') == std::string::npos ? Paint::plain : Paint::bad});
    for (std::size_t i = begin; i < end; ++i) cells.push_back(value_of(median(point, i), table.figures[i]));
    out.row(std::move(cells));
  }
  return out.text(style);
}

// Eight heights from 0, or over the decades that the lines span.
class Bars {
 public:
  Bars(const std::vector<PlotLine>& lines, const Style& style) : style_(style) {
    for (const PlotLine& line : lines) {
      for (const PlotLine::Dot& dot : line.dots) {
        if (dot.spread.median > 0) low_ = std::min(low_, dot.spread.median);
        high_ = std::max(high_, dot.spread.median);
      }
    }
    logarithmic_ = high_ / low_ >= 30;
  }

  std::string of(const PlotLine& line, std::size_t places, const std::vector<std::size_t>& order) const {
    std::string text;
    for (std::size_t i = 0; i < places; ++i) {
      const auto dot =
          std::find_if(line.dots.begin(), line.dots.end(), [&](const PlotLine::Dot& one) { return one.x == order[i]; });
      text += dot == line.dots.end() ? " " : bar(dot->spread.median);
    }
    return text;
  }

 private:
  std::string bar(double value) const {
    static constexpr const char* kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static constexpr const char* kPlain[] = {"_", ".", "-", "=", "+", "*", "%", "#"};
    double part = high_ > 0 ? value / high_ : 0;
    if (logarithmic_) part = value > 0 ? std::log(value / low_) / std::log(high_ / low_) : 0;
    const auto level = static_cast<std::size_t>(std::clamp(part * 8, 0.0, 7.0));
    return style_.unicode ? kBars[level] : kPlain[level];
  }

  const Style& style_;
  double low_ = 1e300;
  double high_ = 0;
  bool logarithmic_ = false;
};

std::vector<std::size_t> ordered_places(const SweepTable::Axis& axis) {
  std::vector<std::size_t> order(axis.values.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (axis.numeric) {
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return *axis.values[a].number < *axis.values[b].number; });
  }
  return order;
}

// Of more values than have room, evenly spread ones with both ends.
std::vector<std::size_t> some_of(const std::vector<std::size_t>& order) {
  if (order.size() <= kColumnsMost) return order;
  std::vector<std::size_t> some;
  for (std::size_t i = 0; i < kColumnsMost; ++i) some.push_back(order[i * (order.size() - 1) / (kColumnsMost - 1)]);
  return some;
}

}  // namespace

std::string view_of(const SweepTable& table, const Style& style) {
  std::string text;
  const std::size_t taken = axes_width(table);
  const std::size_t room = style.width > taken + 20 ? style.width - taken : 20;
  for (const auto& [begin, end] : blocks_of(table, room)) {
    if (!text.empty()) text += '\n';
    text += block_text(table, begin, end, style);
  }
  return text;
}

std::string view_of(const SweepTable& table, const Plot& plot, const Style& style) {
  const SweepTable::Axis& axis = table.axes[plot.wish.x];
  const Figure& figure = table.figures[plot.wish.y];
  const std::vector<std::size_t> order = ordered_places(axis);
  const std::vector<std::size_t> columns = some_of(order);
  Table out(std::vector<std::size_t>(columns.size() + 2, 3), 2);
  std::vector<std::string> titles = {plot.wish.by ? table.axes[*plot.wish.by].name : "", ""};
  for (const std::size_t x : columns) titles.push_back(axis.values[x].label);
  out.head(titles);
  const Bars bars(plot.lines, style);
  for (const PlotLine& line : plot.lines) {
    std::vector<Table::Cell> cells = {line.label, bars.of(line, order.size(), order)};
    for (const std::size_t x : columns) {
      const auto dot =
          std::find_if(line.dots.begin(), line.dots.end(), [x](const PlotLine::Dot& one) { return one.x == x; });
      cells.push_back(value_of(dot == line.dots.end() ? std::nullopt : std::optional(dot->spread.median), figure));
    }
    out.row(std::move(cells));
  }
  return heading_of(figure) + " by " + axis.name + (plot.apart.empty() ? "" : " (" + plot.apart + ")") + "\n" +
         out.text(style);
}

}  // namespace meshtwin
