#pragma once

// One role in its process: makes the role from the setup it is sent, gives it the emulator's Runtime and Network,
// carries commands to it and its records back. The process ends when the conductor's end of the channel closes.

#include <functional>
#include <memory>

#include "emu/link/fd.h"
#include "mesh/roles/make_role.h"

namespace meshtwin {

// Returns the process's exit code.
// `reaches`: network namespaces of other pods, by their place in the plan.
int run_role(Fd channel, const RoleFactory& factory, std::map<std::uint32_t, Fd> reaches);

}  // namespace meshtwin
