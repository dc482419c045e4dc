#pragma once

// Istio's `distribute`: the traffic of proxies in one place divided over localities by given weights, which become the
// weights of the localities in the proxy's endpoint assignment.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "mesh/resource/destination_rule.h"
#include "mesh/resource/locality.h"

namespace meshtwin {

// "region/zone/subzone", any of which may be "*"; what is left out at the end is like "*".
bool locality_matches(const Locality& locality, std::string_view pattern);

struct WeighedLocality {
  Locality locality;
  std::uint32_t weight = 1;  // of all its endpoints
};

// The weights of `localities`, by place, as the first entry whose `from` matches the proxy divides them: ceil(original
// * weight / sum of those that the same `to` matches); 0: no `to` matches it, so that the proxy sees none of its
// endpoints. A locality belongs to the first `to` that matches it. None: no entry is for this proxy.
std::optional<std::vector<std::uint32_t>> distributed_weights(const Locality& proxy,
                                                              std::span<const WeighedLocality> localities,
                                                              std::span<const LocalityDistribute> distribute);

}  // namespace meshtwin
