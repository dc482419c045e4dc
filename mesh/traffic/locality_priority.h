#pragma once

// Where a proxy would rather send its traffic: Istio's ranking of endpoint localities by how near they are to the
// proxy, which becomes the priorities of the proxy's endpoint assignment.

#include <cstdint>
#include <span>
#include <vector>

#include "mesh/resource/destination_rule.h"
#include "mesh/resource/locality.h"

namespace meshtwin {

// Same region, zone and subzone 0; region and zone 1; region 2; else 3, or 4 where a failover entry for the proxy's
// region names another region than the endpoint's.
std::uint32_t locality_rank(const Locality& proxy, const Locality& endpoint,
                            std::span<const LocalityFailover> failover);

// The rank of each endpoint locality, closed up so that the ranks in use are 0, 1, … without a gap.
std::vector<std::uint32_t> locality_priorities(const Locality& proxy, std::span<const Locality> endpoints,
                                               std::span<const LocalityFailover> failover);

}  // namespace meshtwin
