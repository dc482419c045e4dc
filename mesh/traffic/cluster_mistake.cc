#include "mesh/traffic/cluster_mistake.h"

namespace meshtwin {
namespace {

// Envoy's limits.
constexpr std::uint64_t kLargestRing = 8 * 1024 * 1024;
constexpr std::uint64_t kLargestMaglevTable = 5'000'011;

bool is_prime(std::uint64_t number) {
  if (number < 2) return false;
  for (std::uint64_t divisor = 2; divisor * divisor <= number; ++divisor) {
    if (number % divisor == 0) return false;
  }
  return true;
}

bool is_percent(double value) {
  return value >= 0 && value <= 100;
}

std::string mistake_in(const RingHashConfig& ring) {
  if (ring.minimum_ring_size == 0 || ring.maximum_ring_size > kLargestRing) {
    return "ring sizes are " + std::to_string(ring.minimum_ring_size) + ".." + std::to_string(ring.maximum_ring_size) +
           ", not within 1.." + std::to_string(kLargestRing);
  }
  if (ring.minimum_ring_size > ring.maximum_ring_size) {
    return "the ring's minimum size, " + std::to_string(ring.minimum_ring_size) + ", is above its maximum, " +
           std::to_string(ring.maximum_ring_size);
  }
  return {};
}

std::string mistake_in(const MaglevConfig& maglev) {
  if (maglev.table_size <= kLargestMaglevTable && is_prime(maglev.table_size)) return {};
  return "Maglev's table size is " + std::to_string(maglev.table_size) + ", not a prime up to " +
         std::to_string(kLargestMaglevTable);
}

std::string mistake_in(const SlowStartConfig& slow_start) {
  if (slow_start.window <= 0) return "slow start's window must be above 0";
  if (!(slow_start.aggression > 0)) return "slow start's aggression must be above 0";
  if (!is_percent(slow_start.min_weight_percent)) return "slow start's minimum weight is not in 0..100 %";
  return {};
}

}  // namespace

std::string mistake_in(const ClusterConfig& cluster) {
  std::string mistake;
  if (cluster.lb_policy == LbPolicy::ring_hash) mistake = mistake_in(cluster.ring_hash);
  if (cluster.lb_policy == LbPolicy::maglev) mistake = mistake_in(cluster.maglev);
  if (mistake.empty() && cluster.slow_start) mistake = mistake_in(*cluster.slow_start);
  if (!mistake.empty()) return mistake;
  if (!(cluster.least_request_active_bias >= 0)) return "least request's bias must not be below 0";
  if (cluster.panic_threshold_percent > 100) return "the panic threshold is above 100 %";
  if (cluster.zone_aware && !is_percent(cluster.zone_aware->routing_enabled_percent)) {
    return "the share of zone-aware routing is not in 0..100 %";
  }
  if (cluster.breakers.retry_budget && !is_percent(cluster.breakers.retry_budget->percent)) {
    return "the retry budget is not in 0..100 %";
  }
  return {};
}

}  // namespace meshtwin
