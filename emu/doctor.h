#pragma once

// What this host can do for an emulated run, found by trying it, and what to do about what is missing.

#include <string>
#include <vector>

namespace meshtwin {

struct Finding {
  std::string name;
  bool ok = false;
  std::string detail;     // what was found
  std::string remedy;     // empty when nothing need be done
  bool required = false;  // without it no emulated run works
};

// Tries things in a child process and namespaces that are gone afterwards.
std::vector<Finding> examine_host();

}  // namespace meshtwin
