#pragma once

// Consistent hashing by a ring, as Envoy builds it: every host stands on the ring many times, at the hashes of
// "address_0", "address_1", …, and a hash leads to the first that stands at it or after it. When a host leaves, only
// what went to it moves.

#include <cstdint>
#include <span>
#include <vector>

#include "mesh/traffic/config.h"
#include "mesh/traffic/consistent_table.h"

namespace meshtwin {

class HashRing final : public ConsistentTable {
 public:
  // The ring is as large as gives the host of the smallest share a whole number of places, and at least the minimum,
  // but never larger than the maximum. `hosts` is not empty.
  HashRing(std::span<const HashedHost> hosts, const RingHashConfig& config);

  std::uint32_t pick(std::uint64_t hash, std::uint32_t attempt) const override;
  std::size_t size() const { return places_.size(); }

 private:
  struct Place {
    std::uint64_t hash;
    std::uint32_t position;
  };
  std::vector<Place> places_;  // by hash
};

}  // namespace meshtwin
