#include "mesh/traffic/priority_load.h"

#include <algorithm>
#include <cassert>
#include <optional>

namespace meshtwin {
namespace {

std::uint32_t health_percent(std::uint32_t hosts, std::uint32_t total, std::uint32_t overprovisioning_factor) {
  if (total == 0) return 0;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(100, std::uint64_t{overprovisioning_factor} * hosts / total));
}

// Hands `remaining` out in priority order and returns the first priority that has any health.
std::optional<std::size_t> distribute(const std::vector<std::uint32_t>& health, std::uint32_t normalized_total,
                                      std::vector<std::uint32_t>& loads, std::uint32_t& remaining) {
  std::optional<std::size_t> first;
  for (std::size_t p = 0; p < health.size(); ++p) {
    if (health[p] > 0 && !first) first = p;
    loads[p] = std::min(remaining, health[p] * 100 / normalized_total);
    remaining -= loads[p];
  }
  return first;
}

bool panics(const PriorityHealth& p, std::uint32_t threshold) {
  const std::uint64_t healthy = p.total == 0 ? 0 : std::uint64_t{100} * p.healthy / p.total;
  const std::uint64_t degraded = p.total == 0 ? 0 : std::uint64_t{100} * p.degraded / p.total;
  return healthy + degraded < threshold;
}

void share_by_host_count(std::span<const PriorityHealth> priorities, PriorityLoads& loads) {
  std::uint64_t hosts = 0;
  for (const PriorityHealth& p : priorities) hosts += p.total;
  std::uint32_t remaining = 100;
  std::size_t first = 0;
  for (std::size_t p = priorities.size(); p-- > 0;) {
    loads.degraded[p] = 0;
    loads.healthy[p] = hosts == 0 ? 0 : static_cast<std::uint32_t>(std::uint64_t{100} * priorities[p].total / hosts);
    remaining -= loads.healthy[p];
    if (priorities[p].total > 0) first = p;
  }
  loads.healthy[first] += remaining;
}

}  // namespace

PriorityLoads priority_loads(std::span<const PriorityHealth> priorities, std::uint32_t overprovisioning_factor,
                             std::uint32_t panic_threshold_percent) {
  const std::size_t count = priorities.size();
  PriorityLoads loads{std::vector<std::uint32_t>(count), std::vector<std::uint32_t>(count), std::vector<bool>(count)};
  if (count == 0) return loads;

  std::vector<std::uint32_t> healthy(count), degraded(count);
  std::uint64_t sum = 0;
  for (std::size_t p = 0; p < count; ++p) {
    healthy[p] = health_percent(priorities[p].healthy, priorities[p].total, overprovisioning_factor);
    degraded[p] = health_percent(priorities[p].degraded, priorities[p].total, overprovisioning_factor);
    sum += healthy[p] + degraded[p];
  }
  const auto normalized_total = static_cast<std::uint32_t>(std::min<std::uint64_t>(100, sum));
  if (normalized_total > 0) {
    std::uint32_t remaining = 100;
    const auto first_healthy = distribute(healthy, normalized_total, loads.healthy, remaining);
    const auto first_degraded = distribute(degraded, normalized_total, loads.degraded, remaining);
    if (remaining > 0) {
      (first_healthy ? loads.healthy[*first_healthy] : loads.degraded[first_degraded.value()]) += remaining;
    }
  } else if (panic_threshold_percent == 0) {
    loads.healthy[0] = 100;
    return loads;
  }
  if (normalized_total == 100) return loads;

  bool all = true;
  for (std::size_t p = 0; p < count; ++p) {
    loads.panic[p] = panics(priorities[p], panic_threshold_percent);
    all = all && loads.panic[p];
  }
  if (all) share_by_host_count(priorities, loads);
  return loads;
}

PriorityChoice choose_priority(const PriorityLoads& loads, std::uint32_t h) {
  assert(h >= 1 && h <= 100);
  std::uint32_t cumulative = 0;
  for (std::uint32_t p = 0; p < loads.healthy.size(); ++p) {
    cumulative += loads.healthy[p];
    if (cumulative >= h) return {p, false};
  }
  for (std::uint32_t p = 0; p < loads.degraded.size(); ++p) {
    cumulative += loads.degraded[p];
    if (cumulative >= h) return {p, true};
  }
  return {};
}

}  // namespace meshtwin
