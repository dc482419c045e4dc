#pragma once

// The emulated World: every pod a network namespace, every role a process, zones joined by a user-space link. Works as
// root and, where user namespaces are allowed, without. Everything of a run hangs on one supervisor process, so that
// nothing is left when the run, or this process, ends in whatever way. SIGINT and SIGTERM during `run` take the run
// down and then have their default effect.

#include <memory>
#include <string>

#include <functional>
#include "mesh/base/time.h"
#include "mesh/roles/plan.h"
#include "mesh/world/world.h"

namespace meshtwin {

class Recorder;

struct EmuOptions {
  std::string role_program;             // empty: meshtwin-role beside this program
  bool realtime = true;                 // real-time priority for the link process where the host allows it
  Duration ready_limit = 60 * kSecond;  // for all roles to become ready
  Duration drain_time = 5 * kSecond;    // between a pod's `stop` and its end
  // When set, the world is kept alive after the run, once this has been called, until SIGINT or SIGTERM.
  std::function<void()> hold = {};
};

// `plan` and `recorder` outlive the world.
std::unique_ptr<World> make_emu_world(const Plan& plan, EmuOptions options, Recorder& recorder);

}  // namespace meshtwin
