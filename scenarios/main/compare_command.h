#pragma once

// `meshtwin compare BEFORE AFTER`: two runs, or two sets of them, held against each other.

#include <string>

#include "results/present/style.h"

namespace meshtwin {

struct CompareArguments {
  std::string before;
  std::string after;
  std::string world;  // empty: the one that both have; the real one where they have both
  bool json = false;
};

int compare_command(const CompareArguments& arguments, const Style& style);  // 0; 1 something is worse

}  // namespace meshtwin
