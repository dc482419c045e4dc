#include "results/present/sweep_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>

namespace meshtwin {
namespace {

constexpr double kSpanForLog = 30;  // a decade and a half
constexpr double kSpanForFewTicks = 1e4;
constexpr std::size_t kTicksMost = 12;

// The other axes of a plot, in whichever order: where a point stands on them.
std::string standing(const SweepTable& table, const SweepPoint& point, const PlotWish& wish, const char* between) {
  std::string text;
  for (std::size_t i = 0; i < table.axes.size(); ++i) {
    if (i == wish.x || (wish.by && i == *wish.by) || table.axes[i].values.size() < 2) continue;
    text += (text.empty() ? "" : ", ") + table.axes[i].name + between + table.axes[i].values[point.at[i]].label;
  }
  return text;
}

std::string safe_name(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '=';
    safe += plain ? c : '-';
  }
  return safe.substr(0, 120);
}

bool has_two_worlds(const SweepTable& table) {
  return std::any_of(table.rows.begin(), table.rows.end(),
                     [&](const SweepTable::Row& row) { return row.world != table.rows.front().world; });
}

std::string line_label(const SweepTable& table, const SweepPoint& point, const PlotWish& wish, bool two_worlds) {
  std::string label = wish.by ? table.axes[*wish.by].values[point.at[*wish.by]].label : "";
  if (two_worlds) label += (label.empty() ? "" : ", ") + std::string(point.world == "sim" ? "modelled" : "real");
  return label;
}

void sort_dots(const SweepTable::Axis& axis, std::vector<PlotLine::Dot>& dots) {
  if (!axis.numeric) return;
  std::stable_sort(dots.begin(), dots.end(), [&axis](const PlotLine::Dot& a, const PlotLine::Dot& b) {
    return *axis.values[a.x].number < *axis.values[b.x].number;
  });
}

void add_plots(const SweepTable& table, const PlotWish& wish, std::vector<Plot>& plots) {
  const bool two_worlds = has_two_worlds(table);
  const std::size_t first = plots.size();
  for (const SweepPoint& point : points_of(table)) {
    const auto spread = spread_of(point, wish.y);
    const std::string apart = standing(table, point, wish, " = ");
    auto plot = std::find_if(plots.begin() + static_cast<std::ptrdiff_t>(first), plots.end(),
                             [&](const Plot& one) { return one.apart == apart; });
    if (plot == plots.end()) {
      const std::string where = safe_name(standing(table, point, wish, "="));
      const std::string name = table.figures[wish.y].name + "-by-" + table.axes[wish.x].name;
      plots.push_back({wish, safe_name(name) + (where.empty() ? "" : "." + where), apart, {}});
      plot = std::prev(plots.end());
    }
    const std::string label = line_label(table, point, wish, two_worlds);
    auto line =
        std::find_if(plot->lines.begin(), plot->lines.end(), [&](const PlotLine& one) { return one.label == label; });
    if (line == plot->lines.end()) line = plot->lines.insert(line, {label, {}});
    if (spread) line->dots.push_back({point.at[wish.x], *spread});
  }
  for (std::size_t i = first; i < plots.size(); ++i) {
    for (PlotLine& line : plots[i].lines) sort_dots(table.axes[wish.x], line.dots);
  }
}

// Two plots of one name get numbers.
void make_names_unique(std::vector<Plot>& plots) {
  std::map<std::string, int> seen;
  for (Plot& plot : plots) {
    const int count = ++seen[plot.file_name];
    if (count > 1) plot.file_name += fmt::format("-{}", count);
  }
}

// In gnuplot's double quotes.
std::string quoted(const std::string& text) {
  std::string safe = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') safe += '\\';
    safe += c == '\n' ? "\\n" : std::string(1, c);
  }
  return safe + '"';
}

// Of the colours that people tell apart whatever they see of them (M. Okabe, K. Ito, 2002).
constexpr std::array<const char*, 8> kColours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                 "#E69F00", "#56B4E9", "#000000", "#8A8A00"};
constexpr std::array<int, 8> kDots = {7, 5, 9, 13, 11, 15, 6, 4};

class Script {
 public:
  Script(const SweepTable& table, const Plot& plot)
      : table_(table), plot_(plot), axis_(table.axes[plot.wish.x]), figure_(table.figures[plot.wish.y]) {}

  std::string text() {
    for (std::size_t i = 0; i < plot_.lines.size(); ++i) data(i);
    terminal("svg size 900,540 dynamic", ".svg");
    titles();
    axes();
    draw();
    terminal("pngcairo size 900,540", ".png");
    say("replot");
    return std::move(text_);
  }

 private:
  void say(const std::string& line) { text_ += line + '\n'; }
  double scaled(double value) const { return figure_.is_share ? 100 * value : value; }

  // Where a dot stands: its number, or its place among words; the lines of words stand side by side.
  double place(std::size_t line, std::size_t x) const {
    if (axis_.numeric) return *axis_.values[x].number;
    const double apart = 0.6 / static_cast<double>(plot_.lines.size());
    return static_cast<double>(x) +
           apart * (static_cast<double>(line) - (static_cast<double>(plot_.lines.size()) - 1) / 2);
  }

  void data(std::size_t line) {
    say(fmt::format("$line{} << END", line));
    for (const PlotLine::Dot& dot : plot_.lines[line].dots) {
      say(fmt::format("{} {} {} {}", place(line, dot.x), scaled(dot.spread.median), scaled(dot.spread.low),
                      scaled(dot.spread.high)));
    }
    say("END");
  }

  void terminal(const char* kind, const char* ending) {
    say(fmt::format("set terminal {} noenhanced font \"sans-serif,13\" background \"#ffffff\"", kind));
    say("set output " + quoted(plot_.file_name + ending));
  }

  std::size_t most_runs() const {
    std::size_t most = 0;
    for (const PlotLine& line : plot_.lines) {
      for (const PlotLine::Dot& dot : line.dots) most = std::max(most, dot.spread.runs);
    }
    return most;
  }

  void titles() {
    std::string title = table_.name + (plot_.apart.empty() ? "" : " (" + plot_.apart + ")");
    if (most_runs() > 1) title += fmt::format("\nmedian and quartiles of {} runs", most_runs());
    say("set title " + quoted(title) + " textcolor \"#404040\"");
    std::string x = axis_.name;
    if (!axis_.unit.empty()) x += ", " + axis_.unit;
    say("set xlabel " + quoted(x));
    say("set ylabel " + quoted(figure_.title + (figure_.is_share ? ", %" : "")));
    say("set lmargin 10\nset key outside right top Left reverse samplen 2 spacing 1.2" +
        (plot_.wish.by ? " title " + quoted(table_.axes[*plot_.wish.by].name) + " left" : std::string()));
    if (plot_.lines.size() == 1 && plot_.lines.front().label.empty()) say("unset key");
  }

  struct Ends {
    double low = 1e300;
    double high = -1e300;
    void take(double value) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  };

  Ends x_ends() const {
    Ends ends;
    for (const SweepTable::Value& value : axis_.values) ends.take(value.number.value_or(0));
    return ends;
  }

  Ends y_ends() const {
    Ends ends;
    for (const PlotLine& line : plot_.lines) {
      for (const PlotLine::Dot& dot : line.dots) {
        ends.take(scaled(dot.spread.low));
        ends.take(scaled(dot.spread.high));
      }
    }
    return ends;
  }

  bool log_y(const Ends& ends) const {
    if (ends.low <= 0 || ends.high <= 0) return false;
    return plot_.wish.log_y.value_or(!figure_.is_share && ends.high / ends.low >= kSpanForLog);
  }

  bool log_x() const { return axis_.numeric && x_ends().low > 0 && plot_.wish.log_x.value_or(axis_.logarithmic); }

  // A range with some room at its ends.
  static std::string range(const Ends& ends, bool logarithmic, double room) {
    if (logarithmic) {
      const double factor = std::pow(ends.high / ends.low, room);
      const double least = std::max(factor, 1.05);
      return fmt::format("[{:g}:{:g}]", ends.low / least, ends.high * least);
    }
    const double pad =
        ends.high > ends.low ? room * (ends.high - ends.low) : std::max(std::abs(ends.high) * room, 1e-9);
    return fmt::format("[{:g}:{:g}]", ends.low - pad, ends.high + pad);
  }

  // 1, 2, 5, 10, 20, … where a logarithmic axis has too few decades to be read by them.
  static std::string one_two_five(const Ends& ends) {
    std::string list;
    for (int decade = -9; decade <= 12; ++decade) {
      for (const double digit : {1.0, 2.0, 5.0}) {
        const double at = digit * std::pow(10, decade);
        if (at >= ends.low / 2 && at <= ends.high * 2) list += (list.empty() ? "" : ", ") + fmt::format("{:g}", at);
      }
    }
    return list;
  }

  void axes() {
    say("set border 3 linecolor \"#808080\"\nset tics nomirror textcolor \"#404040\"\n"
        "set grid ytics linetype 1 linewidth 0.7 linecolor \"#dcdcdc\"");
    const Ends y = y_ends();
    if (log_y(y)) {
      say("set logscale y\nset yrange " + range(y, true, 0.06));
      if (y.high / y.low <= kSpanForFewTicks) say("set ytics (" + one_two_five(y) + ")");
    } else if (figure_.is_share && y.high >= y.low) {
      const double room = std::max(0.08 * (y.high - y.low), 0.5);
      say(fmt::format("set yrange [{:g}:{:g}]", std::max(0.0, y.low - room),
                      y.high <= 100 ? std::min(100.0, y.high + room) : y.high + room));
    } else if (!figure_.is_share && y.high > 0 && y.low >= 0) {
      say(fmt::format("set yrange [0:{:g}]", 1.06 * y.high));
    } else if (y.high >= y.low) {
      say("set yrange " + range(y, false, 0.08));
    }
    if (log_x()) say("set logscale x");
    if (!axis_.numeric || axis_.values.size() <= kTicksMost) ticks();
    say("set xrange " + (axis_.numeric ? range(x_ends(), log_x(), 0.04)
                                       : fmt::format("[-0.6:{}]", static_cast<double>(axis_.values.size()) - 0.4)));
  }

  // At the values that were run.
  void ticks() {
    std::string list;
    for (std::size_t i = 0; i < axis_.values.size(); ++i) {
      const double at = axis_.numeric ? *axis_.values[i].number : static_cast<double>(i);
      const std::string label = axis_.numeric ? fmt::format("{}", at) : axis_.values[i].label;
      list += (i == 0 ? "" : ", ") + quoted(label) + fmt::format(" {}", at);
    }
    say("set xtics (" + list + ")");
  }

  void draw() {
    const bool spreads = most_runs() > 1;
    std::string list;
    const auto add = [&list](const std::string& what) { list += (list.empty() ? "plot " : ", \\\n     ") + what; };
    for (std::size_t i = 0; i < plot_.lines.size() && axis_.numeric && spreads; ++i) {
      if (plot_.lines[i].dots.size() < 2) continue;
      add(fmt::format(
          "$line{} using 1:3:4 with filledcurves linecolor \"{}\" fillstyle transparent solid 0.18 noborder "
          "notitle",
          i, kColours[i % kColours.size()]));
    }
    for (std::size_t i = 0; i < plot_.lines.size(); ++i) {
      if (plot_.lines[i].dots.empty()) continue;
      const std::string look =
          fmt::format("linecolor \"{}\" pointtype {} pointsize 0.9 linewidth 2 title {}", kColours[i % kColours.size()],
                      kDots[i % kDots.size()], quoted(plot_.lines[i].label));
      const bool dashed = i >= kColours.size();
      if (axis_.numeric) {
        add(fmt::format("$line{} using 1:2 with linespoints {}{}", i, dashed ? "dashtype 2 " : "", look));
      } else {
        add(fmt::format("$line{} using 1:2:3:4 with yerrorbars {}", i, look));
      }
    }
    say(list.empty()
            ? "set label \"no valid run has this figure\" at graph 0.5, 0.5 center\nplot [0:1][0:1] NaN notitle"
            : list);
  }

  const SweepTable& table_;
  const Plot& plot_;
  const SweepTable::Axis& axis_;
  const Figure& figure_;
  std::string text_;
};

}  // namespace

std::vector<Plot> plots_of(const SweepTable& table, const std::vector<PlotWish>& wishes) {
  std::vector<Plot> plots;
  for (const PlotWish& wish : wishes) add_plots(table, wish, plots);
  make_names_unique(plots);
  return plots;
}

std::string gnuplot_script(const SweepTable& table, const Plot& plot) {
  return Script(table, plot).text();
}

}  // namespace meshtwin
