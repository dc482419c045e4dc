#pragma once

// Roles that are just enough to see what the emulated world does to processes and connections:
//   workload       answers each connection with a line "pod <n>", then ends it. service "dies": dies after it has
//   begun.
//                  service "never": never becomes ready
//   sidecar        answers on the capture ports with "captured by <port>, meant for <original destination>"
//   load           dials its service again and again and records what it got as "probe" events
//   control plane  listens, no more

#include <memory>

#include "mesh/roles/make_role.h"

namespace meshtwin {

std::unique_ptr<Role> make_tiny_role(const RoleConfig& config, const RoleSurroundings& surroundings);

}  // namespace meshtwin
