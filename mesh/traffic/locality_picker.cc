#include "mesh/traffic/locality_picker.h"

#include <algorithm>

namespace meshtwin {

double effective_locality_weight(std::uint32_t weight, std::uint32_t available, std::uint32_t total,
                                 std::uint32_t overprovisioning_factor) {
  if (total == 0) return 0;
  const double share = overprovisioning_factor / 100.0 * available / total;
  return weight * std::min(1.0, share);
}

void LocalityPicker::set(const std::vector<double>& effective_weights, RandomStream& random) {
  turns_.clear();
  for (std::uint32_t locality = 0; locality < effective_weights.size(); ++locality) {
    const double weight = effective_weights[locality];
    if (weight > 0) turns_.push_back({random.uniform() / weight, weight, locality});
  }
}

std::optional<std::uint32_t> LocalityPicker::pick() {
  if (turns_.empty()) return std::nullopt;
  Turn& turn = *std::ranges::min_element(turns_, {}, &Turn::deadline);
  turn.deadline += 1.0 / turn.weight;
  return turn.locality;
}

}  // namespace meshtwin
