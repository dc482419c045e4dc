#include "mesh/traffic/locality_priority.h"

#include <algorithm>

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

const std::string& LabelledPlace::label(const std::string& name) const {
  static const std::string kNone;
  if (name == "topology.kubernetes.io/region" && !locality.region.empty()) return locality.region;
  if (name == "topology.kubernetes.io/zone" && !locality.zone.empty()) return locality.zone;
  if (name == "topology.istio.io/subzone" && !locality.subzone.empty()) return locality.subzone;
  if (name == "kubernetes.io/hostname" && !node.empty()) return node;
  if (labels == nullptr) return kNone;
  const auto found = labels->find(name);
  return found == labels->end() ? kNone : found->second;
}

std::uint32_t label_rank(const LabelledPlace& proxy, const LabelledPlace& endpoint,
                         std::span<const std::string> failover_priority) {
  for (std::size_t j = 0; j < failover_priority.size(); ++j) {
    const std::string& entry = failover_priority[j];
    const std::size_t equals = entry.find('=');
    const std::string name = entry.substr(0, equals);
    const std::string& wanted = equals == std::string::npos ? proxy.label(name) : entry;
    const std::size_t from = equals == std::string::npos ? 0 : equals + 1;
    if (wanted.compare(from, std::string::npos, endpoint.label(name)) != 0) {
      return static_cast<std::uint32_t>(failover_priority.size() - j);
    }
  }
  return 0;
}

void close_up(std::span<std::uint32_t> ranks) {
  std::vector<std::uint32_t> used(ranks.begin(), ranks.end());
  std::ranges::sort(used);
  used.erase(std::ranges::unique(used).begin(), used.end());
  for (std::uint32_t& rank : ranks) {
    rank = static_cast<std::uint32_t>(std::ranges::lower_bound(used, rank) - used.begin());
  }
}

}  // namespace meshtwin
