#pragma once

// One end of a user-space link: an interface of the namespace it was made in, whose packets a process reads and writes.
// It is a veth whose other end stays in the same namespace, unaddressed, under a packet socket with virtio headers, so
// large TCP segments and unfinished checksums pass as they are. All ends share one hardware address and do no ARP: a
// frame read from one end is valid on any other, and nothing has to be resolved. The socket may be handed to another
// process, in any namespace; the interface lives until its namespace goes or `remove_link_end` is called.

#include <cstdint>
#include <string>
#include <vector>

#include "emu/link/fd.h"

namespace meshtwin {

struct Ipv4Network {
  std::uint32_t ip = 0;  // host byte order
  int prefix = 32;
};

struct LinkEndOptions {
  std::string name;                    // of the interface; at most 13 bytes: its other end is "<name>-w"
  std::vector<Ipv4Network> addresses;  // may be empty: a zone that routes has one on its bridge
  std::vector<Ipv4Network> routes;     // networks reached through the link
  int mtu = 1500;
  int queue_length = 10'000;  // packets
};

// Makes the interface in the namespace of the calling thread, brings it up, and opens its packet socket. Needs
// CAP_NET_ADMIN and CAP_NET_RAW there. Throws std::system_error.
Fd create_link_end(const LinkEndOptions& options);
void remove_link_end(const std::string& name);

}  // namespace meshtwin
