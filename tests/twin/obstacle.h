#pragma once

#include <string>

#include "emu/doctor.h"

namespace meshtwin {

// Why no emulated run works here; empty where they do.
inline const std::string& obstacle() {
  static const std::string found = [] {
    for (const Finding& finding : examine_host()) {
      if (finding.required && !finding.ok) return "no emulated runs here: " + finding.name + ": " + finding.detail;
    }
    return std::string();
  }();
  return found;
}

}  // namespace meshtwin
