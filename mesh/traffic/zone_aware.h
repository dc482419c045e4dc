#pragma once

// Envoy's zone-aware routing: a proxy keeps its traffic in its own zone as long as that overloads nobody. It compares
// each zone's share of the proxies that send (the hosts of the cluster the proxy itself belongs to) with its share of
// the hosts that receive: a zone with as many receivers as senders takes all of its own; one with fewer sends what is
// too much to the zones that have more receivers than senders, in proportion to how many more.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "mesh/base/random.h"
#include "mesh/resource/locality.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

struct ZoneHosts {
  Locality locality;
  std::uint32_t healthy = 0;
  std::uint32_t total = 0;
};

// Of an assignment's first priority.
std::vector<ZoneHosts> healthy_by_zone(const ClusterAssignment& assignment);

struct ZonePlan {
  enum class Kind : unsigned char {
    anywhere,  // zones do not count
    direct,    // everything to the own zone
    residual,  // some to the own zone, the rest by capacity
    nowhere,   // the senders are in panic, and traffic is to fail then
  };

  Kind kind = Kind::anywhere;
  std::uint32_t own = 0;                  // place among the upstream's localities
  std::uint32_t kept = 0;                 // of 10,000 requests: those that stay in the own zone
  std::vector<std::uint64_t> residual;    // by place: capacity left there and in those before, in the same measure
  std::vector<std::uint32_t> with_hosts;  // places

  // The place of the locality for the next request; only of the kinds direct and residual.
  std::uint32_t choose(RandomStream& random) const;
};

// `local`: the zones of the cluster that the proxy belongs to; empty: not known.
ZonePlan plan_zone_routing(const Locality& own, std::span<const ZoneHosts> local, std::span<const ZoneHosts> upstream,
                           const ZoneAwareConfig& config, std::uint32_t panic_threshold_percent);

}  // namespace meshtwin
