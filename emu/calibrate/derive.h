#pragma once

// From what was measured to what an operation costs: pure arithmetic. The simulator spends, for a message that wakes
// its reader, wake_up_latency, then wake_up, socket_read and socket_write of processor time, then the hop; these are
// chosen so that the sum is the measured one, in processor time and in wall time.

#include <vector>

#include "emu/calibrate/calibrate.h"
#include "emu/calibrate/measurements.h"

namespace meshtwin {

// A cost that is `calls` times a fixed part and `units` times another.
struct CostPoint {
  double calls = 1;
  double units = 0;
  double cost = 0;
};

// The fixed part and the part for each unit with the least relative error; neither is negative.
OperationCost fit_cost(const std::vector<CostPoint>& points);

CostProfile derive_profile(const Measurements& measured);

// Of each single measurement the round whose cost is the median: other work on the host makes some things dearer
// (caches) and others cheaper (a core that does not sleep is woken sooner).
Measurements typical_of(const std::vector<Measurements>& rounds);
// The profile of the typical measurements; how far the rounds' own profiles are apart says how sure it is.
Calibration combine_rounds(const std::vector<Measurements>& rounds);

// The roles' own work, and how much dearer everything is with age: what makes the chains' roles spend what they were
// seen to spend, all else in `profile` being right.
void derive_roles(const Measurements& measured, CostProfile& profile);

// How turns and wake-ups of the chains spread round what is usual (spread.cc).
void derive_spread(const Measurements& measured, CostProfile& profile);

// What `profile` says a role of the chain spends for a request.
double modelled_cpu(const CostProfile& profile, const ChainRoleFigures& role, bool displaced);

}  // namespace meshtwin
