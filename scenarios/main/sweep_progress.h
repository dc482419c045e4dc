#pragma once

// How far a sweep is, on the standard error, and how long it will take from what the runs so far took: one line
// rewritten on a terminal, a line every ten seconds elsewhere.

#include <chrono>
#include <string>
#include <vector>

#include "mesh/base/time.h"

namespace meshtwin {

class SweepProgress {
 public:
  struct Run {
    bool emulated = false;
    Duration duration = 0;  // of its load
  };
  // The runs that are still to be made, so many modelled ones at once.
  SweepProgress(std::string name, std::vector<Run> runs, std::size_t jobs);
  ~SweepProgress();
  SweepProgress(const SweepProgress&) = delete;
  SweepProgress& operator=(const SweepProgress&) = delete;

  void ended(std::size_t run, double seconds);
  void show(std::size_t running);
  // Something to be said meanwhile, on a line of its own.
  void say(const std::string& line);

 private:
  double seconds_left() const;

  std::string name_;
  std::vector<Run> runs_;
  std::vector<bool> done_;
  std::size_t jobs_;
  std::size_t count_ = 0;
  double modelled_cost_ = 0;  // seconds and seconds of load of what is done, by world
  double modelled_load_ = 0;
  double real_cost_ = 0;
  double real_load_ = 0;
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace meshtwin
