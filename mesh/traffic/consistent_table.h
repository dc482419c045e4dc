#pragma once

// What the balancers that hash look a request up in: a table in which a hash leads to the same host as long as the host
// is there, and in which few hashes find another when hosts come and go.

#include <cstdint>

#include "mesh/base/socket_address.h"

namespace meshtwin {

struct HashedHost {
  SocketAddress address;
  double share = 0;            // of the requests; those of all hosts make one
  std::uint32_t position = 0;  // what `pick` answers with
};

class ConsistentTable {
 public:
  virtual ~ConsistentTable() = default;

  // The position of the host for `hash`. `attempt` counts from 0: further ones look elsewhere, always in the same
  // order.
  virtual std::uint32_t pick(std::uint64_t hash, std::uint32_t attempt) const = 0;
};

}  // namespace meshtwin
