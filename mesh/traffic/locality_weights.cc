#include "mesh/traffic/locality_weights.h"

#include <algorithm>
#include <array>

namespace meshtwin {

bool locality_matches(const Locality& locality, std::string_view pattern) {
  const std::array<std::string_view, 3> parts{locality.region, locality.zone, locality.subzone};
  for (const std::string_view part : parts) {
    const std::size_t slash = std::min(pattern.find('/'), pattern.size());
    const std::string_view wanted = pattern.substr(0, slash);
    if (wanted != "*" && wanted != part) return false;
    if (slash == pattern.size()) return true;
    pattern.remove_prefix(slash + 1);
    if (pattern.empty()) return true;
  }
  return true;
}

std::optional<std::vector<std::uint32_t>> distributed_weights(const Locality& proxy,
                                                              std::span<const WeighedLocality> localities,
                                                              std::span<const LocalityDistribute> distribute) {
  const auto entry = std::ranges::find_if(
      distribute, [&](const LocalityDistribute& one) { return locality_matches(proxy, one.from); });
  if (entry == distribute.end()) return std::nullopt;

  std::vector<std::uint32_t> weights(localities.size(), 0);
  std::vector<bool> taken(localities.size(), false);
  for (const auto& [to, weight] : entry->to) {
    std::vector<std::size_t> matched;
    std::uint64_t sum = 0;
    for (std::size_t l = 0; l < localities.size(); ++l) {
      if (taken[l] || !locality_matches(localities[l].locality, to)) continue;
      taken[l] = true;
      matched.push_back(l);
      sum += localities[l].weight;
    }
    for (const std::size_t l : matched) {
      const std::uint64_t part = std::uint64_t{localities[l].weight} * weight;
      weights[l] = static_cast<std::uint32_t>((part + sum - 1) / sum);
    }
  }
  return weights;
}

}  // namespace meshtwin
