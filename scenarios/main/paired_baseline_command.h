#pragma once

// `meshtwin baseline … --world emu`: real runs, each beside a control without a mesh, held against what they gave
// before on this host.

#include "scenarios/main/baseline_command.h"

namespace meshtwin {

int paired_check_command(const BaselineArguments& arguments,
                         const Style& style);  // 0 nothing worse, 1 worse, 3 unclear
int paired_update_command(const BaselineArguments& arguments, const Style& style);  // 0; 3: too few valid pairs

}  // namespace meshtwin
