#include "results/convergence.h"

#include <algorithm>
#include <map>
#include <set>

namespace meshtwin {

std::vector<Convergence> convergences_of(const RunStore& store) {
  std::vector<Convergence> changes;
  std::map<std::string, std::size_t> places;
  std::set<std::pair<std::string, std::string>> heard;  // a proxy's first effect counts
  for (const EventRecord& event : store.ordered_events()) {
    if (event.kind == "config_change" && places.emplace(event.detail, changes.size()).second)
      changes.push_back({event.at, event.detail});
    if (event.kind != "config_applied") continue;
    const auto place = places.find(event.detail);
    if (place == places.end() || !heard.emplace(event.subject, event.detail).second) continue;
    Convergence& change = changes[place->second];
    const Duration took = event.at - change.at;
    change.first = change.proxies == 0 ? took : std::min(change.first, took);
    change.last = std::max(change.last, took);
    ++change.proxies;
  }
  return changes;
}

}  // namespace meshtwin
