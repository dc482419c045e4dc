#pragma once

// The TCP sockets of the emulated run and how they are set: no Nagle, CUBIC whatever the host's default is (so that two
// hosts give the same run, and the model knows what it models), a mark on what capture shall leave alone.

#include <cstdint>

#include "emu/link/fd.h"
#include "mesh/base/socket_address.h"

struct sockaddr_in;

namespace meshtwin {

// The firewall mark of a proxy's own connections, which the capture rules let pass. Istio's ztunnel uses the same.
inline constexpr std::uint32_t kBypassMark = 0x539;

Fd tcp_socket();  // nonblocking, close-on-exec, congestion control set
void set_no_delay(int fd);
void set_bypass_mark(int fd);
sockaddr_in to_sockaddr(SocketAddress address);
SocketAddress local_address(int fd);
SocketAddress peer_address(int fd);
// Where the peer of an accepted connection dialled, also when it was redirected on its way.
SocketAddress original_destination(int fd);

}  // namespace meshtwin
