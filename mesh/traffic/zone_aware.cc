#include "mesh/traffic/zone_aware.h"

#include <algorithm>

#include "mesh/traffic/assignment_index.h"

namespace meshtwin {
namespace {

constexpr std::uint64_t kWhole = 10'000;  // shares are in hundredths of a percent, rounded down as Envoy's

struct Totals {
  std::uint64_t healthy = 0;
  std::uint64_t all = 0;
};

Totals totals(std::span<const ZoneHosts> zones) {
  Totals sum;
  for (const ZoneHosts& zone : zones) {
    sum.healthy += zone.healthy;
    sum.all += zone.total;
  }
  return sum;
}

std::uint64_t share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : kWhole * part / whole;
}

const ZoneHosts* find(std::span<const ZoneHosts> zones, const Locality& locality) {
  const auto found = std::ranges::find(zones, locality, &ZoneHosts::locality);
  return found == zones.end() ? nullptr : &*found;
}

bool too_small(const Locality& own, std::span<const ZoneHosts> local, std::span<const ZoneHosts> upstream,
               const ZoneAwareConfig& config) {
  const ZoneHosts* own_senders = find(local, own);
  return upstream.size() < 2 || local.size() < 2 || own_senders == nullptr || own_senders->total == 0 ||
         totals(upstream).healthy < config.min_cluster_size;
}

}  // namespace

std::vector<ZoneHosts> healthy_by_zone(const ClusterAssignment& assignment) {
  std::vector<ZoneHosts> zones;
  for (const LocalityEndpoints& group : assignment.localities) {
    if (group.priority > 0) continue;
    auto zone = std::ranges::find(zones, group.locality, &ZoneHosts::locality);
    if (zone == zones.end()) zone = zones.insert(zones.end(), {group.locality, 0, 0});
    for (const EndpointConfig& endpoint : group.endpoints) {
      ++zone->total;
      zone->healthy += availability_of(endpoint.health) == Availability::healthy;
    }
  }
  return zones;
}

ZonePlan plan_zone_routing(const Locality& own, std::span<const ZoneHosts> local, std::span<const ZoneHosts> upstream,
                           const ZoneAwareConfig& config, std::uint32_t panic_threshold_percent) {
  ZonePlan plan;
  if (too_small(own, local, upstream, config)) return plan;
  const Totals senders = totals(local);
  if (100 * senders.healthy < std::uint64_t{panic_threshold_percent} * senders.all) {
    if (config.fail_traffic_on_panic) plan.kind = ZonePlan::Kind::nowhere;
    return plan;
  }
  plan.kind = ZonePlan::Kind::residual;
  const std::uint64_t receivers = totals(upstream).healthy;
  std::uint64_t residual = 0;
  for (std::uint32_t place = 0; place < upstream.size(); ++place) {
    const ZoneHosts& zone = upstream[place];
    const ZoneHosts* there = zone.healthy == 0 ? nullptr : find(local, zone.locality);
    const std::uint64_t sends = there == nullptr ? 0 : share(there->healthy, senders.healthy);
    const std::uint64_t receives = share(zone.healthy, receivers);
    if (zone.healthy > 0) plan.with_hosts.push_back(place);
    if (zone.locality == own) {
      plan.own = place;
      if (receives > 0 && receives >= sends) plan.kind = ZonePlan::Kind::direct;
      if (sends > 0) plan.kept = static_cast<std::uint32_t>(receives * kWhole / sends);
    } else if (receives > sends) {
      residual += receives - sends;
    }
    plan.residual.push_back(residual);
  }
  return plan;
}

std::uint32_t ZonePlan::choose(RandomStream& random) const {
  if (kind == Kind::direct || random.below(kWhole) < kept) return own;
  // Shares are rounded down, so that it may look as if nobody had room.
  if (residual.back() == 0) return with_hosts[random.below(with_hosts.size())];
  const std::uint64_t at = random.below(residual.back());
  return static_cast<std::uint32_t>(std::ranges::upper_bound(residual, at) - residual.begin());
}

}  // namespace meshtwin
