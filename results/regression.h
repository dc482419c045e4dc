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

struct FigureChange {
  std::string figure;  // "latency p50, ms"; "sidecar CPU, us a request"
  double before = 0;   // medians
  double after = 0;
  Shift shift;  // relative; of a share, absolute
  bool is_share = false;
  double effect = 0;   // Cliff's delta
  double p_value = 1;  // Holm's, over all figures
  Change change = Change::none;
};

struct SetComparison {
  std::size_t runs_before = 0;
  std::size_t runs_after = 0;
  std::size_t runs_needed = 0;  // of each set, to be sure of anything; 0: there are enough
  std::vector<FigureChange> figures;

  bool worse() const;
};

// Runs of one scenario in one world. Neither is empty.
SetComparison compare_sets(const std::vector<Summary>& before, const std::vector<Summary>& after);

}  // namespace meshtwin
