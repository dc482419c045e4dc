#pragma once

// The program behind every process of an emulated run but the conductor's: supervisor, link or role, as its first
// argument says. Started by the conductor only; descriptor 3 is its socket. As `proxy` it is one proxy outside any run.

#include <string>

#include "emu/role_host.h"

namespace meshtwin {

// Its path; throws WorldError where it cannot be executed. Empty: meshtwin-role beside this program.
std::string find_role_program(const std::string& wanted = {});

int run_role_program(int argc, char** argv, const RoleFactory& factory);

}  // namespace meshtwin
