#include "sim/topology.h"

#include <algorithm>
#include <limits>

namespace meshtwin {
namespace {

constexpr std::size_t kHeaders = 66;  // Ethernet, IPv4, TCP with timestamps: of each segment

}  // namespace

LinkDirection::LinkDirection(std::string name, const LinkShape& shape, Duration link_hop, RandomStream random)
    : name_(std::move(name)), shape_(shape), link_hop_(link_hop), random_(random) {}

Crossing LinkDirection::cross(Time at, std::uint32_t segments, std::size_t bytes, std::uint64_t flow,
                              std::uint64_t segment) {
  Crossing crossing;
  Time out = at;
  if (serialises && shape_.bandwidth_bps > 0) {
    const auto bits = static_cast<std::int64_t>(8 * (bytes + segments * kHeaders));
    const Duration takes =
        static_cast<Duration>(static_cast<double>(bits) * 1e9 / static_cast<double>(shape_.bandwidth_bps));
    busy_until_ = std::max(busy_until_, at) + takes;
    out = busy_until_;
  }
  Duration jitter = 0;
  if (shape_.jitter > 0 || shape_.loss > 0) {
    RandomStream draws = random_.keyed(flow).keyed(segment);
    if (shape_.jitter > 0) jitter = static_cast<Duration>(draws.below(static_cast<std::uint64_t>(shape_.jitter)));
    for (std::uint32_t i = 0; shape_.loss > 0 && i < segments; ++i) {
      if (!random_.keyed(flow).keyed(segment + i).keyed(1).chance(shape_.loss)) continue;
      if (crossing.lost++ == 0) crossing.first_lost = i;
      crossing.last_lost = i;
    }
  }
  if (cut) {
    crossing.lost = segments;
    crossing.first_lost = 0;
    crossing.last_lost = segments - 1;
  }
  packets_ += segments;
  lost_ += crossing.lost;
  crossing.arrival = std::max(out + delay() + jitter, last_arrival_);
  last_arrival_ = crossing.arrival;
  if (crossing.lost < segments) delays_.add(crossing.arrival - at);
  return crossing;
}

LinkQuality LinkDirection::quality() const {
  LinkQuality quality;
  quality.name = name_;
  quality.delay_wanted = shape_.rtt / 2;
  quality.delay_p50 = delays_.quantile(0.5);
  quality.delay_p99 = delays_.quantile(0.99);
  quality.packets = packets_;
  quality.lost = lost_;
  return quality;
}

void LinkDirection::reset_counters() {
  delays_ = Histogram();
  packets_ = 0;
  lost_ = 0;
}

Topology::Topology(const Plan& plan, const CostProfile& profile)
    : pod_cut_(plan.pods.size(), 0), zones_(plan.zones.size()), paths_(zones_ * zones_), link_hop_(profile.link_hop) {
  loopback_.hop = profile.loopback_hop;
  links_.reserve(2 * plan.links.size());
  for (const LinkPlan& link : plan.links) {
    const std::string& a = plan.zones[link.zone_a].name;
    const std::string& b = plan.zones[link.zone_b].name;
    for (const std::string& name : {a + '>' + b, b + '>' + a}) {
      links_.emplace_back(name, link.shape, profile.link_hop, RandomStream(plan.seed, "link " + name));
    }
  }
  for (const PodPlan& pod : plan.pods) {
    zone_of_pod_.push_back(pod.zone);
    ip_of_pod_.push_back(pod.ip);
    is_control_.push_back(pod.roles.size() == 1 && std::holds_alternative<ControlPlaneConfig>(pod.roles[0].config));
  }
  for (std::size_t zone = 0; zone < zones_; ++zone) {
    find_paths(plan, zone);
    paths_[zone * zones_ + zone].hop = profile.local_hop;
  }
}

// Bellman-Ford over (links, round trip): a plan has a handful of zones.
void Topology::find_paths(const Plan& plan, std::size_t from) {
  struct Best {
    std::size_t count = std::numeric_limits<std::size_t>::max();
    Duration rtt = 0;
    std::vector<LinkDirection*> links;
  };
  std::vector<Best> best(zones_);
  best[from].count = 0;
  for (std::size_t round = 0; round < zones_; ++round) {
    for (std::size_t i = 0; i < 2 * plan.links.size(); ++i) {
      const LinkPlan& link = plan.links[i / 2];
      const std::size_t begin = i % 2 == 0 ? link.zone_a : link.zone_b;
      const std::size_t end = i % 2 == 0 ? link.zone_b : link.zone_a;
      if (best[begin].count == std::numeric_limits<std::size_t>::max()) continue;
      const std::pair reached(best[begin].count + 1, best[begin].rtt + link.shape.rtt);
      if (reached >= std::pair(best[end].count, best[end].rtt)) continue;
      best[end] = {reached.first, reached.second, best[begin].links};
      best[end].links.push_back(&links_[i]);
    }
  }
  for (std::size_t to = 0; to < zones_; ++to) {
    Path& path = paths_[from * zones_ + to];
    path.reachable = best[to].count != std::numeric_limits<std::size_t>::max();
    path.links = std::move(best[to].links);
  }
}

const Path& Topology::path(std::uint32_t from_pod, std::uint32_t to_pod) const {
  if (from_pod == to_pod) return loopback_;
  return paths_[zone_of_pod_[from_pod] * zones_ + zone_of_pod_[to_pod]];
}

std::vector<LinkQuality> Topology::quality() const {
  std::vector<LinkQuality> all;
  for (const LinkDirection& link : links_) all.push_back(link.quality());
  return all;
}

void Topology::reset_counters() {
  for (LinkDirection& link : links_) link.reset_counters();
  data_segments_ = 0;
}

}  // namespace meshtwin
