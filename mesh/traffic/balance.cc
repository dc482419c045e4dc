#include "mesh/traffic/balance.h"

namespace meshtwin {
namespace {

std::uint32_t active_on(const HostTable& table, std::uint32_t position) {
  const auto* host = table.find(position);
  return host == nullptr ? 0 : host->active;
}

std::uint32_t draw(const HostView& view, RandomStream& random) {
  return view.at(static_cast<std::uint32_t>(random.below(view.size())));
}

std::uint32_t less_busy_of_two(const HostView& view, const HostTable& table, RandomStream& random) {
  const std::uint32_t first = draw(view, random);
  const std::uint32_t second = draw(view, random);
  return active_on(table, second) < active_on(table, first) ? second : first;
}

}  // namespace

std::uint32_t balance(LbPolicy policy, HostView& view, std::span<const IndexedHost> hosts, const HostTable& table,
                      RandomStream& random) {
  if (view.size() == 1) return view.at(0);
  switch (policy) {
    case LbPolicy::round_robin:
      if (!view.weights_differ()) return view.next_in_round();
      return view.next_by_weight(random, [&](std::uint32_t position) -> double { return hosts[position].weight; });
    case LbPolicy::least_request:
      if (!view.weights_differ()) return less_busy_of_two(view, table, random);
      return view.next_by_weight(random, [&](std::uint32_t position) -> double {
        return hosts[position].weight / (active_on(table, position) + 1.0);
      });
    case LbPolicy::random:
    case LbPolicy::ring_hash:
    case LbPolicy::maglev:
      break;
  }
  return draw(view, random);
}

}  // namespace meshtwin
