#pragma once

// The first process inside a run's namespaces: makes the network, starts the link process and the roles in their pods,
// kills them when told, says when one has ended. It holds everything a run consists of, so its end is the end of the
// run: it ends with the conductor, whatever becomes of that.

#include "emu/link/fd.h"

namespace meshtwin {

// `program` is this very program, to start roles and the link process with. Returns the exit code.
int run_supervisor(Fd socket, const char* program);

}  // namespace meshtwin
