#pragma once

// One message, with the descriptors that travel with it, over a SOCK_SEQPACKET socket: what both sides of the control
// socket are made of.

#include <string>
#include <vector>

#include "emu/link/fd.h"

namespace meshtwin {

struct ControlMessage {
  std::string bytes;
  std::vector<Fd> fds;
};

void send_control(int socket, const std::string& bytes, const int* fds = nullptr, std::size_t fd_count = 0);
// False: the other side has closed. Throws std::system_error otherwise (a truncated message included).
bool receive_control(int socket, ControlMessage& message);

}  // namespace meshtwin
