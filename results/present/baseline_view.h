#pragma once

// What a check against baselines found, for people, for CI servers (JUnit XML) and for GitHub (annotations).

#include <string>
#include <vector>

#include "results/baseline.h"
#include "results/present/style.h"

namespace meshtwin {

struct CheckedBaseline {
  std::string scenario;
  std::string file;  // the scenario's
  std::size_t figures = 0;
  std::string fingerprint_before;
  std::string fingerprint_after;
  BaselineDifference difference;
  double wall_s = 0;  // of the run
};

// A line for each scenario, and under one that moved its farthest figures, `most` of them.
std::string view_of(const std::vector<CheckedBaseline>& checked, std::size_t most, const Style& style);
std::string junit_of(const std::vector<CheckedBaseline>& checked);
std::string annotations_of(const std::vector<CheckedBaseline>& checked);
std::string json_of(const std::vector<CheckedBaseline>& checked);

}  // namespace meshtwin
