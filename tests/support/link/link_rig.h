#pragma once

// Two zones joined by a real link: a namespace each, an end in each, and a link process between them, for tests and for
// the bench that measures the link. Works as root, and otherwise in a user namespace the program moves itself into.

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "emu/link/fd.h"
#include "emu/link/link_client.h"
#include "mesh/world/link_shape.h"

namespace meshtwin {

// Becomes root of a user namespace of its own unless it may make network namespaces already. Only while the program has
// one thread. Returns why it cannot, or an empty text.
std::string allow_namespaces();

class LinkRig {
 public:
  static constexpr std::uint32_t kIpA = 0x0a010001;  // 10.1.0.1
  static constexpr std::uint32_t kIpB = 0x0a020001;  // 10.2.0.1

  LinkRig(const LinkShape& shape, std::uint64_t seed);
  ~LinkRig();

  const Fd& zone_a() const { return zone_a_; }
  const Fd& zone_b() const { return zone_b_; }
  LinkClient& client() { return *client_; }
  pid_t process() const { return process_; }
  // Closes the control socket and returns the process's exit code (-1: killed).
  int end();

 private:
  void start_process(std::uint64_t seed);

  Fd zone_a_;
  Fd zone_b_;
  std::unique_ptr<LinkClient> client_;
  pid_t process_ = -1;
};

// A TCP connection through the rig: b listens, a connects.
struct TcpPair {
  Fd a;
  Fd b;
};
TcpPair connect_through(const LinkRig& rig);

}  // namespace meshtwin
