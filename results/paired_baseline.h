#pragma once

// A baseline of real runs. A host is never twice the same, so each run stands in a pair with a control: the same
// scenario without a mesh, run right before or after it. What is kept and compared is how runs differ from their
// controls, over several pairs, and so a host that has become slower as a whole does not look like a mesh that has.
//
// Three ways to tell that difference, none right on every host: how much more (right where the control is mostly
// waiting), how many times as much (right where everything takes longer alike), and how much more at the speed that the
// host had then, by the control's processor time (right where the mesh's work takes longer). A figure has moved where
// it has moved in each of them, the same way.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "results/regression.h"
#include "results/summary.h"

namespace meshtwin {

// A shift of a real figure smaller than this, of the whole figure, is not worth a word.
inline constexpr double kSmallRealShift = 0.01;

struct RunPair {
  std::uint64_t seed = 0;
  bool control_first = false;
  std::vector<RunFigure> run;
  std::vector<RunFigure> control;
};

struct PairedBaseline {
  std::string scenario;
  std::string file;                   // of the scenario, as it was named
  std::vector<std::string> settings;  // what --set changed
  std::map<std::string, std::string> host;
  std::vector<RunPair> pairs;
};

// Besides the figures of each run, its processor time over all roles.
RunPair pair_of(const Summary& run, const Summary& control, bool control_first);

std::string to_json(const PairedBaseline& baseline);
// Throws Problem.
PairedBaseline parse_paired_baseline(const std::string& json, const std::string& file_name);

struct PairedChange {
  std::string figure;
  bool is_share = false;
  double before = 0;  // medians of the runs themselves
  double after = 0;
  double control_before = 0;
  double control_after = 0;
  // Of a share only the first: how much more.
  std::vector<FigureChange> ways;
  double p_value = 1;  // the largest of the ways'
  Change change = Change::none;
};

struct PairedComparison {
  std::size_t pairs_before = 0;
  std::size_t pairs_after = 0;
  std::size_t pairs_needed = 0;  // of each set; 0: there are enough
  std::vector<PairedChange> figures;

  bool worse() const;
  bool better() const;
};

// Neither has no pairs.
PairedComparison compare_pairs(const std::vector<RunPair>& before, const std::vector<RunPair>& after);

}  // namespace meshtwin
