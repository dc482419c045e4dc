#pragma once

// Measures, on this host, what the emulated run pays for each operation that the simulator charges and for each delay
// it adds, and gives both as a cost profile. It runs the emulator's own code (event loop, sockets, codec, roles, link)
// in processes and network namespaces of its own, never a scenario: the model is judged on what it was not fitted to.

#include <string>
#include <vector>

#include "emu/calibrate/measurements.h"
#include "mesh/base/function.h"
#include "mesh/runtime/cost_profile.h"

namespace meshtwin {

struct CalibrateOptions {
  std::string name = "host";  // the profile's
  int rounds = 3;             // whole measurements; of each part the median one counts
  double effort = 1;          // length of each measurement: 1 takes about 20 s a round
};

// One value of the profile and how far the rounds disagree on it.
struct Confidence {
  std::string value;  // "socket_read.fixed_ns", "local_hop_ns"
  double ns = 0;
  double spread = 0;  // (highest - lowest) / median of the rounds; 0 where only one round was made
};

struct Calibration {
  CostProfile profile;
  std::vector<Confidence> confidence;
  ChainSet chains{};  // what the profile's roles were taken from: for whoever can run them modelled
};

// Throws std::exception with what was refused. Only while the program has one thread: it forks.
Calibration calibrate(const CalibrateOptions& options, Function<void(std::string)> progress);

// The chains alone, in a few seconds: how the host is just now. `effort` as above.
ChainSet measure_chains(double effort);
// The mean of what several sets took, where others left the host alone: single ones of a second differ by a third, as
// the host does.
ChainSet mean_of_sets(const std::vector<ChainSet>& sets);
// Makes every operation dearer or cheaper by one factor, so that the chains' processor time is on the whole what it was
// measured to be.
void scale_to(const ChainSet& chains, CostProfile& profile);

std::string to_table(const Calibration& calibration);

}  // namespace meshtwin
