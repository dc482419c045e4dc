#pragma once

// The process that carries every packet between zones: it reads the ends, keeps each packet for as long as its link's
// shape says, and writes it to the other end. One thread, no link to begin with: links arrive over the control socket
// (link_control.h). It needs no privilege and no namespace of its own; the ends' descriptors are enough.

#include <cstdint>

namespace meshtwin {

struct LinkProcessConfig {
  int control_fd = -1;     // SOCK_SEQPACKET; taken over
  std::uint64_t seed = 1;  // of loss and jitter
  bool realtime = true;    // ask for SCHED_FIFO; goes on without it where refused
};

// Runs until the control socket closes. Returns the exit code: 0, or 1 with a line on standard error.
int run_link_process(const LinkProcessConfig& config);

}  // namespace meshtwin
