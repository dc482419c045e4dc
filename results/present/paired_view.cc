#include "results/present/paired_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "results/present/numbers.h"
#include "results/present/table.h"
#include "results/present/xml.h"

namespace meshtwin {
namespace {

using Json = nlohmann::ordered_json;

std::string value_of(double value, bool is_share) {
  if (is_share) return fmt::format("{:.2f} %", 100 * value);
  return fmt::format("{:.{}f}", value, value >= 1000 ? 0 : value >= 10 ? 2 : 4);
}

Table::Cell word_of(Change change) {
  switch (change) {
    case Change::better:
      return {"better", Paint::good};
    case Change::worse:
      return {"WORSE", Paint::bad};
    case Change::unclear:
      return {"not enough pairs", Paint::dim};
    case Change::none:
      break;
  }
  return {""};
}

// How much more than its control a run has become, with the interval.
std::string more_of(const PairedChange& row, bool interval, const Style& style) {
  if (row.ways.empty()) return "";
  const Shift& shift = row.ways.front().shift;
  const double unit = row.is_share ? 100 : 1;
  const int decimals = row.is_share ? 2 : std::max(std::abs(shift.low), std::abs(shift.high)) >= 10 ? 1 : 3;
  if (!interval) return show_signed(unit * shift.estimate, decimals, style);
  return fmt::format("{} to {}", show_signed(unit * shift.low, decimals, style),
                     show_signed(unit * shift.high, decimals, style));
}

// On a narrow terminal controls and effects make way: the JSON has them.
std::string table_of(const CheckedPairs& one, const Style& style) {
  const bool wide = style.width >= 132;
  std::vector<std::size_t> gaps = {2, 3, 2};
  std::vector<std::string> titles = {"", "before", "after"};
  const auto column = [&](std::size_t gap, const std::string& title) {
    gaps.push_back(gap);
    titles.push_back(title);
  };
  if (wide) column(3, "before");
  if (wide) column(2, "after");
  const std::size_t shift = gaps.size();
  column(3, "");
  column(2, "95 % of it");
  if (wide) column(2, "effect");
  column(2, wide ? "p, corrected" : "p");
  column(3, "");
  Table table(gaps, 1);
  table.limit_names(wide ? 34 : style.width > 94 ? style.width - 76 : 18);
  table.span(1, 2, "run");
  if (wide) table.span(3, 4, "control");
  table.span(shift, shift + 1, "shift over the control");
  table.head(titles);
  for (const PairedChange& row : one.comparison.figures) {
    std::vector<Table::Cell> cells = {row.figure, value_of(row.before, row.is_share),
                                      value_of(row.after, row.is_share)};
    if (wide) cells.emplace_back(value_of(row.control_before, row.is_share));
    if (wide) cells.emplace_back(value_of(row.control_after, row.is_share));
    cells.emplace_back(more_of(row, false, style));
    cells.emplace_back(more_of(row, true, style));
    if (wide) cells.emplace_back(row.ways.empty() ? "" : show_signed(row.ways.front().effect, 2, style));
    cells.emplace_back(fmt::format("{:.4f}", row.p_value));
    cells.push_back(word_of(row.change));
    table.row(std::move(cells));
  }
  return table.text(style);
}

std::string reason_of(const CheckedPairs& one) {
  if (!one.judged()) {
    return fmt::format("not enough pairs: {} before and {} after, {} of each are needed", one.comparison.pairs_before,
                       one.comparison.pairs_after, one.comparison.pairs_needed);
  }
  std::string reason;
  for (const PairedChange& row : one.comparison.figures) {
    if (row.change != Change::worse && row.change != Change::better) continue;
    if (!reason.empty()) reason += "; ";
    reason += fmt::format("{} {}: {} to {}, by {} over its control", row.figure,
                          row.change == Change::worse ? "is worse" : "is better", value_of(row.before, row.is_share),
                          value_of(row.after, row.is_share), more_of(row, false, {.unicode = false}));
  }
  return reason.empty() ? "no figure moved" : reason;
}

const char* state_of(const CheckedPairs& one) {
  if (!one.judged()) return "UNCLEAR";
  if (one.comparison.worse()) return "WORSE";
  return one.comparison.better() ? "better" : "same";
}

Paint paint_of(const CheckedPairs& one) {
  if (!one.judged() || one.comparison.worse()) return Paint::bad;
  return Paint::good;
}

Json way_json(const FigureChange& way) {
  static constexpr const char* kChanges[] = {"none", "better", "worse", "unclear"};
  Json entry;
  entry["way"] = way.figure;
  entry["before"] = way.before;
  entry["after"] = way.after;
  entry["shift"] = way.shift.estimate;
  entry["interval"] = {way.shift.low, way.shift.high};
  entry["effect"] = way.effect;
  entry["p_value"] = way.p_value;
  entry["change"] = kChanges[static_cast<std::size_t>(way.change)];
  return entry;
}

}  // namespace

std::string view_of(const std::vector<CheckedPairs>& checked, const Style& style) {
  std::string text;
  for (const CheckedPairs& one : checked) {
    text += fmt::format("{}  {}: {}\n", painted(state_of(one), paint_of(one), style), one.scenario, reason_of(one));
    for (const std::string& setting : one.settings) text += "    with --set " + setting + '\n';
    for (const std::string& note : one.notes) text += "    " + note + '\n';
    text += fmt::format("    {} pairs of a run and a run without a mesh before, {} after; medians\n\n",
                        one.comparison.pairs_before, one.comparison.pairs_after);
    text += table_of(one, style) + '\n';
  }
  return text;
}

std::string junit_of(const std::vector<CheckedPairs>& checked) {
  const auto failures =
      std::count_if(checked.begin(), checked.end(), [](const CheckedPairs& one) { return one.comparison.worse(); });
  const auto skipped =
      std::count_if(checked.begin(), checked.end(), [](const CheckedPairs& one) { return !one.judged(); });
  std::string xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"meshtwin real baselines\" tests=\"{}\" "
      "failures=\"{}\" errors=\"{}\">\n",
      checked.size(), failures, skipped);
  const Style plain{.width = 160, .unicode = false, .colour = false};
  for (const CheckedPairs& one : checked) {
    xml += fmt::format("  <testcase classname=\"baseline.emu\" name=\"{}\" file=\"{}\" time=\"{:.3f}\"",
                       xml_escaped(one.scenario), xml_escaped(one.file), one.wall_s);
    if (one.judged() && !one.comparison.worse()) {
      xml += "/>\n";
      continue;
    }
    const char* kind = one.judged() ? "failure" : "error";
    xml += fmt::format(">\n    <{} message=\"{}\">{}</{}>\n  </testcase>\n", kind, xml_escaped(reason_of(one)),
                       xml_escaped(table_of(one, plain)), kind);
  }
  return xml + "</testsuite>\n";
}

std::string annotations_of(const std::vector<CheckedPairs>& checked) {
  std::string text;
  for (const CheckedPairs& one : checked) {
    if (one.judged() && !one.comparison.worse()) continue;
    text += fmt::format("::error file={},title=real baseline {}::{}: {}\n", one.file,
                        one.judged() ? "worse" : "not judged", one.scenario, reason_of(one));
  }
  return text;
}

std::string json_of(const std::vector<CheckedPairs>& checked) {
  static constexpr const char* kChanges[] = {"none", "better", "worse", "unclear"};
  Json all = Json::array();
  for (const CheckedPairs& one : checked) {
    Json entry;
    entry["scenario"] = one.scenario;
    entry["file"] = one.file;
    entry["state"] = state_of(one);
    entry["pairs"] = {{"before", one.comparison.pairs_before}, {"after", one.comparison.pairs_after}};
    entry["pairs_needed"] = one.comparison.pairs_needed;
    entry["settings"] = one.settings;
    entry["notes"] = one.notes;
    entry["figures"] = Json::array();
    for (const PairedChange& row : one.comparison.figures) {
      Json figure;
      figure["figure"] = row.figure;
      figure["before"] = row.before;
      figure["after"] = row.after;
      figure["control"] = {{"before", row.control_before}, {"after", row.control_after}};
      figure["change"] = kChanges[static_cast<std::size_t>(row.change)];
      figure["ways"] = Json::array();
      for (const FigureChange& way : row.ways) figure["ways"].push_back(way_json(way));
      entry["figures"].push_back(std::move(figure));
    }
    all.push_back(std::move(entry));
  }
  return all.dump(2) + "\n";
}

}  // namespace meshtwin
