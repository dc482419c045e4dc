#pragma once

// `meshtwin baseline check|update`: runs held against what they gave before.

#include <string>
#include <vector>

#include "results/present/style.h"

namespace meshtwin {

struct BaselineArguments {
  std::vector<std::string> files;  // scenarios; empty, to check: every one that has a baseline
  std::string world = "sim";
  std::string folder;            // empty: results/baselines, or runs/baselines of real runs
  std::vector<std::string> set;  // as in `meshtwin run`
  int repeats = 0;               // of real runs; 0: 10, or as many as the baseline has
  int patience_s = 30;           // before each of their pairs: so long a busy host is waited for
  std::string junit;             // a file to write; empty: none
  bool github = false;
  bool json = false;
  std::size_t most = 10;  // figures shown of each that moved; 0: all
};

int baseline_check_command(const BaselineArguments& arguments, const Style& style);  // 0 the same, 1 not
int baseline_update_command(const BaselineArguments& arguments, const Style& style);

}  // namespace meshtwin
