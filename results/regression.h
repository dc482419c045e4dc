#pragma once

// Two sets of runs of one scenario held against each other: which figures moved, by how much, and how sure that is. The
// runs of a set differ by their seed or, real ones, by the noise of the host.

#include <string>
#include <vector>

#include "results/statistics.h"
#include "results/summary.h"

namespace meshtwin {

// At most so often a check of two sets without any change says that something moved, all figures together.
inline constexpr double kFalseAlarms = 0.005;
// What is sure, and yet not worth a word: relative, and of a share.
inline constexpr double kSmallShift = 0.005;
inline constexpr double kSmallShareShift = 0.0005;

enum class Change { none, better, worse, unclear /* too few runs for any difference to be sure */ };

// How a figure's shift is told: relative to what it was, or in its own unit, as of a share or of what may be below
// zero.
enum class Scale { relative, share, absolute };

struct FigureChange {
  std::string figure;  // "latency p50, ms"; "sidecar CPU, us a request"
  double before = 0;   // medians
  double after = 0;
  Shift shift;  // on its scale
  bool is_share = false;
  double effect = 0;   // Cliff's delta
  double p_value = 1;  // corrected over all figures (Holm)
  Change change = Change::none;
};

struct SetComparison {
  std::size_t runs_before = 0;
  std::size_t runs_after = 0;
  std::size_t runs_needed = 0;  // of each set, to be sure of anything; 0: there are enough
  bool paired = false;          // the sets have the same seeds, run for run
  std::vector<FigureChange> figures;

  bool worse() const;
};

// A figure of one run.
struct RunFigure {
  std::string name;
  bool more_is_worse = true;
  bool is_share = false;
  double value = 0;
};
// Those that the run has, in the order in which they are shown.
std::vector<RunFigure> figures_of_run(const Summary& summary);

// A figure as the runs of two sets had it.
struct FigureSamples {
  std::string name;
  bool more_is_worse = true;
  Scale scale = Scale::relative;
  double small = kSmallShift;  // a shift of less than this, on its scale, is not worth a word
  std::vector<double> before;
  std::vector<double> after;
};
// All of them corrected together. `paired`: values in the same place belong together (Wilcoxon's test instead).
SetComparison compare_samples(const std::vector<FigureSamples>& samples, std::size_t runs_before,
                              std::size_t runs_after, bool paired = false);

// Runs of one scenario in one world. Neither is empty. Simulated runs whose seeds are the same differ by the change
// alone: they are held against each other seed by seed, where there are enough of them.
SetComparison compare_sets(const std::vector<Summary>& before, const std::vector<Summary>& after);

}  // namespace meshtwin
