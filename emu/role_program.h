#pragma once

// The program behind every process of an emulated run but the conductor's: supervisor, link or role, as its first
// argument says. Started by the conductor only; descriptor 3 is its socket.

#include "emu/role_host.h"

namespace meshtwin {

int run_role_program(int argc, char** argv, const RoleFactory& factory);

}  // namespace meshtwin
