// What of a Cluster message says how its endpoints share the requests.

#include <string>

#include "mesh/control/config_messages.h"

namespace meshtwin {
namespace {

using envoy::config::cluster::v3::Cluster;

void put_slow_start(const SlowStartConfig& slow_start, Cluster::SlowStartConfig& message) {
  const SlowStartConfig defaults;
  set_duration(slow_start.window, *message.mutable_slow_start_window());
  if (slow_start.aggression != defaults.aggression) {
    message.mutable_aggression()->set_default_value(slow_start.aggression);
  }
  if (slow_start.min_weight_percent != defaults.min_weight_percent) {
    message.mutable_min_weight_percent()->set_value(slow_start.min_weight_percent);
  }
}

Refusal read_slow_start(const Cluster::SlowStartConfig& message, std::optional<SlowStartConfig>& slow_start) {
  SlowStartConfig& read = slow_start.emplace();
  if (!read_duration(message.slow_start_window(), read.window)) return "slow_start_window is out of range";
  if (message.has_aggression()) read.aggression = message.aggression().default_value();
  if (message.has_min_weight_percent()) read.min_weight_percent = message.min_weight_percent().value();
  return std::nullopt;
}

void put_policy(const ClusterConfig& cluster, Cluster& message) {
  const ClusterConfig defaults;
  switch (cluster.lb_policy) {
    case LbPolicy::round_robin:
      message.set_lb_policy(Cluster::ROUND_ROBIN);
      if (cluster.slow_start) {
        put_slow_start(*cluster.slow_start, *message.mutable_round_robin_lb_config()->mutable_slow_start_config());
      }
      break;
    case LbPolicy::least_request: {
      message.set_lb_policy(Cluster::LEAST_REQUEST);
      if (cluster.slow_start) {
        put_slow_start(*cluster.slow_start, *message.mutable_least_request_lb_config()->mutable_slow_start_config());
      }
      if (cluster.least_request_active_bias != defaults.least_request_active_bias) {
        message.mutable_least_request_lb_config()->mutable_active_request_bias()->set_default_value(
            cluster.least_request_active_bias);
      }
      break;
    }
    case LbPolicy::random:
      message.set_lb_policy(Cluster::RANDOM);
      break;
    case LbPolicy::ring_hash: {
      message.set_lb_policy(Cluster::RING_HASH);
      auto& ring = *message.mutable_ring_hash_lb_config();
      ring.mutable_minimum_ring_size()->set_value(cluster.ring_hash.minimum_ring_size);
      if (cluster.ring_hash.maximum_ring_size != defaults.ring_hash.maximum_ring_size) {
        ring.mutable_maximum_ring_size()->set_value(cluster.ring_hash.maximum_ring_size);
      }
      break;
    }
    case LbPolicy::maglev:
      message.set_lb_policy(Cluster::MAGLEV);
      message.mutable_maglev_lb_config()->mutable_table_size()->set_value(cluster.maglev.table_size);
      break;
  }
}

Refusal read_ring(const Cluster::RingHashLbConfig& message, RingHashConfig& ring) {
  if (message.hash_function() != Cluster::RingHashLbConfig::XX_HASH) {
    return "ring_hash_lb_config: hash_function " + std::to_string(message.hash_function()) + " is not supported";
  }
  if (message.has_minimum_ring_size()) ring.minimum_ring_size = message.minimum_ring_size().value();
  if (message.has_maximum_ring_size()) ring.maximum_ring_size = message.maximum_ring_size().value();
  return std::nullopt;
}

Refusal read_least_request(const Cluster::LeastRequestLbConfig& message, ClusterConfig& cluster) {
  if (message.has_choice_count() && message.choice_count().value() != 2) {
    return "least_request_lb_config: choice_count " + std::to_string(message.choice_count().value()) +
           " is not supported, only 2";
  }
  if (message.has_active_request_bias()) {
    cluster.least_request_active_bias = message.active_request_bias().default_value();
  }
  if (!message.has_slow_start_config()) return std::nullopt;
  return read_slow_start(message.slow_start_config(), cluster.slow_start);
}

Refusal read_policy(const Cluster& message, ClusterConfig& cluster) {
  switch (message.lb_policy()) {
    case Cluster::ROUND_ROBIN:
      cluster.lb_policy = LbPolicy::round_robin;
      if (!message.round_robin_lb_config().has_slow_start_config()) return std::nullopt;
      return read_slow_start(message.round_robin_lb_config().slow_start_config(), cluster.slow_start);
    case Cluster::LEAST_REQUEST:
      cluster.lb_policy = LbPolicy::least_request;
      return read_least_request(message.least_request_lb_config(), cluster);
    case Cluster::RANDOM:
      cluster.lb_policy = LbPolicy::random;
      return std::nullopt;
    case Cluster::RING_HASH:
      cluster.lb_policy = LbPolicy::ring_hash;
      return read_ring(message.ring_hash_lb_config(), cluster.ring_hash);
    case Cluster::MAGLEV:
      cluster.lb_policy = LbPolicy::maglev;
      if (message.maglev_lb_config().has_table_size()) {
        cluster.maglev.table_size = message.maglev_lb_config().table_size().value();
      }
      return std::nullopt;
    default:
      return "lb_policy " + std::to_string(message.lb_policy()) + " is not supported";
  }
}

void put_zone_aware(const ZoneAwareConfig& zone_aware, Cluster::CommonLbConfig::ZoneAwareLbConfig& message) {
  const ZoneAwareConfig defaults;
  if (zone_aware.routing_enabled_percent != defaults.routing_enabled_percent) {
    message.mutable_routing_enabled()->set_value(zone_aware.routing_enabled_percent);
  }
  if (zone_aware.min_cluster_size != defaults.min_cluster_size) {
    message.mutable_min_cluster_size()->set_value(zone_aware.min_cluster_size);
  }
  message.set_fail_traffic_on_panic(zone_aware.fail_traffic_on_panic);
}

ZoneAwareConfig read_zone_aware(const Cluster::CommonLbConfig::ZoneAwareLbConfig& message) {
  ZoneAwareConfig zone_aware;
  if (message.has_routing_enabled()) zone_aware.routing_enabled_percent = message.routing_enabled().value();
  if (message.has_min_cluster_size()) zone_aware.min_cluster_size = message.min_cluster_size().value();
  zone_aware.fail_traffic_on_panic = message.fail_traffic_on_panic();
  return zone_aware;
}

}  // namespace

void put_balancer(const ClusterConfig& cluster, Cluster& message) {
  put_policy(cluster, message);
  auto& common = *message.mutable_common_lb_config();
  common.mutable_healthy_panic_threshold()->set_value(cluster.panic_threshold_percent);
  if (cluster.weighted_by_locality) {
    common.mutable_locality_weighted_lb_config();
  } else if (cluster.zone_aware) {
    put_zone_aware(*cluster.zone_aware, *common.mutable_zone_aware_lb_config());
  }
}

Refusal read_balancer(const Cluster& message, ClusterConfig& cluster) {
  if (const Refusal problem = read_policy(message, cluster)) return problem;
  const auto& common = message.common_lb_config();
  if (common.has_healthy_panic_threshold()) {
    const double percent = common.healthy_panic_threshold().value();
    if (!(percent >= 0 && percent <= 100)) return "healthy_panic_threshold is not in 0..100";
    cluster.panic_threshold_percent = static_cast<std::uint32_t>(percent);
  }
  cluster.weighted_by_locality = common.has_locality_weighted_lb_config();
  if (common.has_zone_aware_lb_config()) cluster.zone_aware = read_zone_aware(common.zone_aware_lb_config());
  return std::nullopt;
}

}  // namespace meshtwin
