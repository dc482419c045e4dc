#pragma once

// The chain of calibration (emu/calibrate/chain.h) in the simulator, over a profile: whether that gives back what it
// was made from, and what it would take to.

#include "emu/calibrate/chain.h"
#include "mesh/base/histogram.h"
#include "mesh/roles/plan.h"
#include "mesh/runtime/cost_profile.h"

namespace meshtwin {

struct ModelledChain {
  double cpu[kChainRoles] = {};  // in all
  Histogram latency;
};

ModelledChain model_chain(const CostProfile& profile, const ChainShape& shape);

// Two pods at the chain's addresses, without roles.
Plan plan_of_chain(const ChainShape& shape, bool capture);

}  // namespace meshtwin
