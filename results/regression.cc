#include "results/regression.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "results/figures.h"

namespace meshtwin {
namespace {

// Of all these runs, each figure that any of them has, in the first one's order.
std::vector<RunFigure> figures_of_all(const std::vector<Summary>& runs) {
  std::vector<RunFigure> known;
  for (const Summary& run : runs) {
    for (RunFigure& figure : figures_of_run(run)) {
      const bool fresh =
          std::none_of(known.begin(), known.end(), [&](const RunFigure& other) { return other.name == figure.name; });
      if (fresh) known.push_back(std::move(figure));
    }
  }
  return known;
}

std::vector<double> values(const std::vector<Summary>& runs, const std::string& name) {
  std::vector<double> all;
  for (const Summary& run : runs) {
    for (const RunFigure& figure : figures_of_run(run)) {
      if (figure.name == name) all.push_back(figure.value);
    }
  }
  return all;
}

// Run for run the same seeds and arrivals, in the simulator.
bool are_paired(const std::vector<Summary>& before, const std::vector<Summary>& after) {
  if (before.size() != after.size()) return false;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].world != "sim" || after[i].world != "sim" || before[i].seed != after[i].seed) return false;
  }
  return true;
}

Shift shift_of(const FigureSamples& figure, bool paired) {
  if (paired) {
    return figure.scale == Scale::relative ? paired_relative_shift(figure.before, figure.after)
                                           : paired_shift(figure.before, figure.after);
  }
  if (figure.scale == Scale::share) {
    const double moved = median_of(figure.after) - median_of(figure.before);
    return {moved, moved, moved};
  }
  if (figure.scale == Scale::absolute) return absolute_shift(figure.before, figure.after);
  if (std::any_of(figure.before.begin(), figure.before.end(), [](double x) { return x <= 0; })) return {};
  return relative_shift(figure.before, figure.after);
}

double least_p(std::size_t before, std::size_t after, bool paired) {
  return paired ? least_wilcoxon_p(before) : least_mann_whitney_p(before, after);
}

std::size_t runs_needed(std::size_t figures, bool paired) {
  for (std::size_t runs = 2;; ++runs) {
    if (least_p(runs, runs, paired) * static_cast<double>(figures) <= kFalseAlarms) return runs;
  }
}

FigureChange row_of(const FigureSamples& figure, bool paired) {
  FigureChange row;
  row.figure = figure.name;
  row.is_share = figure.scale == Scale::share;
  row.before = median_of(figure.before);
  row.after = median_of(figure.after);
  row.shift = shift_of(figure, paired);
  row.effect = cliffs_delta(figure.before, figure.after);
  return row;
}

// Which way a shift goes: where only some of the paired runs moved, the effect over all of them may say nothing.
double direction_of(const FigureChange& row, bool paired) {
  return paired ? row.shift.estimate : row.effect;
}

}  // namespace

bool SetComparison::worse() const {
  return std::any_of(figures.begin(), figures.end(),
                     [](const FigureChange& figure) { return figure.change == Change::worse; });
}

std::vector<RunFigure> figures_of_run(const Summary& summary) {
  std::set<std::string> kinds;
  for (const auto& [name, role] : summary.roles) kinds.insert(role.kind);
  std::vector<RunFigure> figures;
  for (const Figure& figure : usual_figures({kinds.begin(), kinds.end()})) {
    if (const std::optional<double> value = figure.of(summary)) {
      figures.push_back({figure.title, figure.more_is_worse, figure.is_share, *value});
    }
  }
  return figures;
}

SetComparison compare_samples(const std::vector<FigureSamples>& samples, std::size_t runs_before,
                              std::size_t runs_after, bool paired) {
  SetComparison comparison;
  comparison.runs_before = runs_before;
  comparison.runs_after = runs_after;
  comparison.paired = paired;
  std::vector<double> p_values;
  for (const FigureSamples& figure : samples) {
    comparison.figures.push_back(row_of(figure, paired));
    p_values.push_back(paired ? wilcoxon_p(figure.before, figure.after) : mann_whitney_p(figure.before, figure.after));
  }
  const std::vector<double> adjusted = holm_adjusted(p_values);
  const double least = least_p(runs_before, runs_after, paired) * static_cast<double>(adjusted.size());
  const bool enough = least <= kFalseAlarms;
  if (!enough) comparison.runs_needed = runs_needed(adjusted.size(), paired);
  for (std::size_t i = 0; i < adjusted.size(); ++i) {
    FigureChange& row = comparison.figures[i];
    row.p_value = adjusted[i];
    const bool moved = row.p_value <= kFalseAlarms && std::abs(row.shift.estimate) >= samples[i].small;
    if (!enough) {
      row.change = Change::unclear;
    } else if (moved) {
      row.change = (direction_of(row, paired) > 0) == samples[i].more_is_worse ? Change::worse : Change::better;
    }
  }
  return comparison;
}

SetComparison compare_sets(const std::vector<Summary>& before, const std::vector<Summary>& after) {
  std::vector<Summary> all = before;
  all.insert(all.end(), after.begin(), after.end());
  bool paired = are_paired(before, after);
  std::vector<FigureSamples> samples;
  for (const RunFigure& figure : figures_of_all(all)) {
    FigureSamples both{figure.name,
                       figure.more_is_worse,
                       figure.is_share ? Scale::share : Scale::relative,
                       figure.is_share ? kSmallShareShift : kSmallShift,
                       values(before, figure.name),
                       values(after, figure.name)};
    if (both.before.empty() || both.after.empty()) continue;
    paired = paired && both.before.size() == before.size() && both.after.size() == after.size();
    samples.push_back(std::move(both));
  }
  // Of few pairs the signed-rank test can never be sure where the other can.
  paired = paired && least_wilcoxon_p(before.size()) * static_cast<double>(samples.size()) <= kFalseAlarms;
  return compare_samples(samples, before.size(), after.size(), paired);
}

}  // namespace meshtwin
