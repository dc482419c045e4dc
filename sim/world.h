#pragma once

// The modelled world: a Plan run in virtual time, on ns-3's simulator core with our event queue. Roles share Processors
// and pay for what they do by a cost profile; the network is modelled message by message, or packet by packet on ns-3's
// TCP/IP where the plan asks for it. The same plan, options and seed give the same run, byte for byte.

#include <memory>

#include "mesh/base/function.h"
#include "mesh/roles/make_role.h"
#include "mesh/runtime/cost_profile.h"
#include "mesh/world/world.h"

namespace meshtwin {

class Recorder;

struct SimOptions {
  CostProfile profile;
};

// The plan and the recorder outlive the world. One simulated world at a time in a process. Throws WorldError.
std::unique_ptr<World> make_sim_world(const Plan& plan, SimOptions options, Recorder& recorder);
// With roles of one's own, for tests.
std::unique_ptr<World> make_sim_world(const Plan& plan, SimOptions options, Recorder& recorder, RoleFactory factory);

}  // namespace meshtwin
