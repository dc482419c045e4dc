#pragma once

// The last step of calibration, for which the simulator is needed: what is left of the chains' latency when their
// processor time is right is waking up, on cores that have idled for as long as there was nothing to do.

#include "emu/calibrate/calibrate.h"

namespace meshtwin {

// Sets the profile's wake-up latency and how it grows with idling, so that the modelled chains have the measured median
// latencies as nearly as these can make it.
void tune_wake_ups(const ChainSet& chains, CostProfile& profile);

}  // namespace meshtwin
