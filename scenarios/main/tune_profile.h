#pragma once

// The last step of calibration, for which the simulator is needed: it runs calibration's chains modelled and moves what
// nothing else says until they come out as they were measured. What is left of a chain's median latency when processor
// time is right is waking up; what is left of its upper tenth is how far turns spread.

#include "emu/calibrate/calibrate.h"

namespace meshtwin {

// The latency of waking up, how it grows with idling, and how wide the spreads are. `profile` is what derive_profile
// gave: of how wake-ups grow with idling it has the shape.
void tune_latency(const ChainSet& chains, CostProfile& profile);

// The latency of waking up alone, by one number for all.
void tune_wake_up(const ChainSet& chains, CostProfile& profile);

}  // namespace meshtwin
