#pragma once

// The few things about interfaces, routes and neighbours that setting up zones and pods takes. Each works in the
// network namespace of the calling thread, waits for the kernel's answer, and throws with what was attempted.

#include <array>
#include <cstdint>
#include <string>

#include "emu/link/link_end.h"

namespace meshtwin {

using MacAddress = std::array<std::uint8_t, 6>;

struct VethOptions {
  std::string name;
  unsigned bridge = 0;    // interface it becomes a port of
  std::string peer_name;  // the other end's
  MacAddress peer_mac{};
  int peer_namespace = -1;
};

unsigned interface_index(const std::string& name);
void add_bridge(const std::string& name, const MacAddress& mac);  // up, forwarding at once, without snooping
void add_veth(const VethOptions& options);                        // this end is up
void set_interface_up(unsigned interface);
void set_forwarding(unsigned interface);
void add_address(unsigned interface, Ipv4Network address);
void add_default_route(std::uint32_t gateway);
void add_neighbour(unsigned interface, std::uint32_t ip, const MacAddress& mac);  // for good
void add_bridge_entry(unsigned port, const MacAddress& mac);                      // for good
void set_bridge_port(unsigned port, bool forwards);

}  // namespace meshtwin
