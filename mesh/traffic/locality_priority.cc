#include "mesh/traffic/locality_priority.h"

#include <algorithm>
#include <array>

namespace meshtwin {

std::uint32_t locality_rank(const Locality& proxy, const Locality& endpoint,
                            std::span<const LocalityFailover> failover) {
  if (proxy.region == endpoint.region) {
    if (proxy.zone != endpoint.zone) return 2;
    return proxy.subzone == endpoint.subzone ? 0 : 1;
  }
  const auto entry = std::ranges::find_if(failover, [&](const LocalityFailover& f) { return f.from == proxy.region; });
  return entry != failover.end() && entry->to != endpoint.region ? 4 : 3;
}

std::vector<std::uint32_t> locality_priorities(const Locality& proxy, std::span<const Locality> endpoints,
                                               std::span<const LocalityFailover> failover) {
  std::vector<std::uint32_t> ranks;
  std::array<bool, 5> used{};
  for (const Locality& endpoint : endpoints) {
    ranks.push_back(locality_rank(proxy, endpoint, failover));
    used[ranks.back()] = true;
  }
  std::array<std::uint32_t, 5> closed_up{};
  std::uint32_t next = 0;
  for (std::size_t rank = 0; rank < used.size(); ++rank) {
    if (used[rank]) closed_up[rank] = next++;
  }
  for (std::uint32_t& rank : ranks) rank = closed_up[rank];
  return ranks;
}

}  // namespace meshtwin
