#pragma once

// What a check of real runs against their baseline found, for people, for CI servers (JUnit XML) and for GitHub
// (annotations).

#include <string>
#include <vector>

#include "results/paired_baseline.h"
#include "results/present/style.h"

namespace meshtwin {

struct CheckedPairs {
  std::string scenario;
  std::string file;                   // the scenario's
  std::vector<std::string> settings;  // what was changed for the check alone
  PairedComparison comparison;
  std::vector<std::string> notes;  // what else is to be said: another host, pairs that were not valid
  double wall_s = 0;

  bool judged() const { return comparison.pairs_needed == 0; }
};

std::string view_of(const std::vector<CheckedPairs>& checked, const Style& style);
std::string junit_of(const std::vector<CheckedPairs>& checked);
std::string annotations_of(const std::vector<CheckedPairs>& checked);
std::string json_of(const std::vector<CheckedPairs>& checked);

}  // namespace meshtwin
