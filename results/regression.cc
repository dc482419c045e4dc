#include "results/regression.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "results/figures.h"

namespace meshtwin {
namespace {

std::vector<Figure> figures_of(const std::vector<Summary>& runs) {
  std::set<std::string> kinds;
  for (const Summary& run : runs) {
    for (const auto& [name, role] : run.roles) kinds.insert(role.kind);
  }
  return usual_figures({kinds.begin(), kinds.end()});
}

std::vector<double> values(const std::vector<Summary>& runs, const Figure& figure) {
  std::vector<double> all;
  for (const Summary& run : runs) {
    if (const auto value = figure.of(run)) all.push_back(*value);
  }
  return all;
}

Shift shift_of(const std::vector<double>& before, const std::vector<double>& after, bool is_share) {
  if (is_share) {
    const double moved = median_of(after) - median_of(before);
    return {moved, moved, moved};
  }
  if (std::any_of(before.begin(), before.end(), [](double x) { return x <= 0; })) return {};
  return relative_shift(before, after);
}

std::size_t runs_needed(std::size_t figures) {
  for (std::size_t runs = 2;; ++runs) {
    if (least_mann_whitney_p(runs, runs) * static_cast<double>(figures) <= kFalseAlarms) return runs;
  }
}

}  // namespace

bool SetComparison::worse() const {
  return std::any_of(figures.begin(), figures.end(),
                     [](const FigureChange& figure) { return figure.change == Change::worse; });
}

SetComparison compare_sets(const std::vector<Summary>& before, const std::vector<Summary>& after) {
  SetComparison comparison;
  comparison.runs_before = before.size();
  comparison.runs_after = after.size();
  std::vector<Summary> all = before;
  all.insert(all.end(), after.begin(), after.end());
  std::vector<double> p_values;
  std::vector<bool> more_is_worse;
  for (const Figure& figure : figures_of(all)) {
    const std::vector<double> then = values(before, figure);
    const std::vector<double> now = values(after, figure);
    if (then.empty() || now.empty()) continue;
    FigureChange row;
    row.figure = figure.title;
    row.is_share = figure.is_share;
    row.before = median_of(then);
    row.after = median_of(now);
    row.shift = shift_of(then, now, figure.is_share);
    row.effect = cliffs_delta(then, now);
    p_values.push_back(mann_whitney_p(then, now));
    more_is_worse.push_back(figure.more_is_worse);
    comparison.figures.push_back(row);
  }
  const std::vector<double> adjusted = holm_adjusted(p_values);
  const double least = least_mann_whitney_p(before.size(), after.size()) * static_cast<double>(adjusted.size());
  const bool enough = least <= kFalseAlarms;
  if (!enough) comparison.runs_needed = runs_needed(adjusted.size());
  for (std::size_t i = 0; i < adjusted.size(); ++i) {
    FigureChange& row = comparison.figures[i];
    row.p_value = adjusted[i];
    const double small = row.is_share ? kSmallShareShift : kSmallShift;
    const bool moved = row.p_value <= kFalseAlarms && std::abs(row.shift.estimate) >= small;
    if (!enough) {
      row.change = Change::unclear;
    } else if (moved) {
      row.change = (row.effect > 0) == more_is_worse[i] ? Change::worse : Change::better;
    }
  }
  return comparison;
}

}  // namespace meshtwin
