#include "results/present/regression_view.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "results/present/numbers.h"
#include "results/present/table.h"

namespace meshtwin {
namespace {

struct Word {
  const char* text;
  Paint paint;
};

Word word_of(Change change) {
  switch (change) {
    case Change::better:
      return {"better", Paint::good};
    case Change::worse:
      return {"WORSE", Paint::bad};
    case Change::unclear:
      return {"not enough runs", Paint::dim};
    case Change::none:
      break;
  }
  return {"", Paint::plain};
}

std::string value_of(double value, bool is_share) {
  if (is_share) return fmt::format("{:.2f} %", 100 * value);
  return value >= 1000 ? fmt::format("{:.0f}", value)
         : value >= 10 ? fmt::format("{:.2f}", value)
                       : fmt::format("{:.4f}", value);
}

std::string points(double share, const Style& style) {
  const std::string text = show_signed(100 * share, 2, style);
  return text + " points";
}

std::string interval_of(const FigureChange& row, const Style& style) {
  if (row.is_share) return "";
  return show_error(row.shift.low, style) + " to " + show_error(row.shift.high, style);
}

}  // namespace

std::string view_of(const SetComparison& comparison, const Style& style) {
  Table table({2, 3, 2, 3, 3, 3, 3, 3}, 1);
  table.head({"", "before", "after", "shift", "95 % of it", "effect", "p, corrected", ""});
  for (const FigureChange& row : comparison.figures) {
    const Word word = word_of(row.change);
    table.row({row.figure,
               value_of(row.before, row.is_share),
               value_of(row.after, row.is_share),
               row.is_share ? points(row.shift.estimate, style) : show_error(row.shift.estimate, style),
               interval_of(row, style),
               show_signed(row.effect, 2, style),
               fmt::format("{:.4f}", row.p_value),
               {word.text, word.paint}});
  }
  std::string text =
      fmt::format("{} runs before, {} after; medians\n\n", comparison.runs_before, comparison.runs_after);
  text += table.text(style);
  if (comparison.paired) text += "\n  Both sets have the same seeds: held against each other run for run (Wilcoxon).\n";
  if (comparison.runs_needed > 0) {
    text += fmt::format("\n  With so few runs no difference is sure: {} of each are needed at least.\n",
                        comparison.runs_needed);
  }
  return text;
}

std::string json_of(const SetComparison& comparison) {
  nlohmann::ordered_json all;
  all["runs"] = {{"before", comparison.runs_before}, {"after", comparison.runs_after}};
  all["runs_needed"] = comparison.runs_needed;
  all["paired"] = comparison.paired;
  all["worse"] = comparison.worse();
  all["figures"] = nlohmann::ordered_json::array();
  for (const FigureChange& row : comparison.figures) {
    static constexpr const char* kChanges[] = {"none", "better", "worse", "unclear"};
    nlohmann::ordered_json entry;
    entry["figure"] = row.figure;
    entry["before"] = row.before;
    entry["after"] = row.after;
    entry["shift"] = row.shift.estimate;
    entry["interval"] = {row.shift.low, row.shift.high};
    entry["effect"] = row.effect;
    entry["p_value"] = row.p_value;
    entry["change"] = kChanges[static_cast<std::size_t>(row.change)];
    all["figures"].push_back(std::move(entry));
  }
  return all.dump(2) + "\n";
}

}  // namespace meshtwin
