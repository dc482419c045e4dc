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

// What the requests under way divide a host's weight by: (active + 1)^bias.
double burden(std::uint32_t active, double bias) {
  if (bias == 1) return active + 1.0;
  return bias == 0 ? 1 : portable_exp(bias * portable_log(active + 1.0));
}

}  // namespace

std::uint32_t balance(const ClusterConfig& config, HostView& view, const HostFacts& facts, RandomStream& random) {
  if (view.size() == 1) return view.at(0);
  const bool warms = facts.slow_start.warms(facts.now);
  const bool by_weight = warms || view.weights_differ();
  const auto weight = [&](std::uint32_t position) -> double {
    return facts.hosts[position].weight * (warms ? facts.slow_start.factor(position, facts.now) : 1);
  };
  switch (config.lb_policy) {
    case LbPolicy::round_robin:
      if (!by_weight) return view.next_in_round();
      return view.next_by_weight(random, weight);
    case LbPolicy::least_request:
      if (!by_weight) return less_busy_of_two(view, facts.table, random);
      return view.next_by_weight(random, [&](std::uint32_t position) {
        return weight(position) / burden(active_on(facts.table, position), config.least_request_active_bias);
      });
    case LbPolicy::random:
    case LbPolicy::ring_hash:
    case LbPolicy::maglev:
      break;
  }
  return draw(view, random);
}

}  // namespace meshtwin
