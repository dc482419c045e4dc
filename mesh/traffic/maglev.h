#pragma once

// Consistent hashing by Maglev's table (Eisenbud and others: Maglev, a fast and reliable software network load
// balancer, 2016): each host has a preference among the places, a permutation of its own, and the hosts take the best
// of theirs that is free in turns. Shares are nearly exact, a look-up is one access; when a host leaves, a little more
// than what went to it moves. Lighter hosts pass over turns, as Envoy has it.

#include <cstdint>
#include <span>
#include <vector>

#include "mesh/traffic/config.h"
#include "mesh/traffic/consistent_table.h"

namespace meshtwin {

class MaglevTable final : public ConsistentTable {
 public:
  // `hosts` is not empty; those for which the table has no place are never picked.
  MaglevTable(std::span<const HashedHost> hosts, const MaglevConfig& config);

  std::uint32_t pick(std::uint64_t hash, std::uint32_t attempt) const override;

 private:
  std::vector<std::uint32_t> places_;
};

}  // namespace meshtwin
