#include "mesh/traffic/ring_hash.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string>

#include "mesh/base/random.h"

namespace meshtwin {
namespace {

double ring_size(std::span<const HashedHost> hosts, const RingHashConfig& config) {
  const double smallest = std::ranges::min_element(hosts, {}, &HashedHost::share)->share;
  const double whole = std::ceil(smallest * static_cast<double>(config.minimum_ring_size)) / smallest;
  return std::min(whole, static_cast<double>(config.maximum_ring_size));
}

}  // namespace

HashRing::HashRing(std::span<const HashedHost> hosts, const RingHashConfig& config) {
  assert(!hosts.empty());
  const double size = ring_size(hosts, config);
  places_.reserve(static_cast<std::size_t>(std::ceil(size)));
  // Sums over all hosts, so that fractions of a place are not lost where the ring is too small for whole ones.
  double wanted = 0;
  for (const HashedHost& host : hosts) {
    wanted += size * host.share;
    const std::string name = to_string(host.address) + '_';
    for (std::uint32_t i = 0; static_cast<double>(places_.size()) < wanted; ++i) {
      places_.push_back({hash_text(name + std::to_string(i)), host.position});
    }
  }
  std::ranges::stable_sort(places_, {}, &Place::hash);
}

std::uint32_t HashRing::pick(std::uint64_t hash, std::uint32_t attempt) const {
  const auto at = std::ranges::lower_bound(places_, hash, {}, &Place::hash);
  return places_[(static_cast<std::size_t>(at - places_.begin()) + attempt) % places_.size()].position;
}

}  // namespace meshtwin
