#pragma once

// How far a run is, on the standard error, once it has taken more than two seconds: one line rewritten on a terminal, a
// line every ten seconds elsewhere.

#include <chrono>
#include <string>

#include "mesh/base/time.h"

namespace meshtwin {

class Progress {
 public:
  Progress(std::string label, Duration duration);
  ~Progress();

  void at(Time now);

 private:
  std::string label_;
  Duration duration_;
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace meshtwin
