#pragma once

// The ways between pods and the state of what lies on them: which links a packet crosses, each link direction's shape,
// transmission queue and counters, which links and pods are cut. Zones without a link of their own reach each other
// over others (fewest links, then shortest round trip).

#include <cstdint>
#include <vector>

#include "mesh/base/histogram.h"
#include "mesh/base/random.h"
#include "mesh/roles/plan.h"
#include "mesh/runtime/cost_profile.h"
#include "mesh/telemetry/run_report.h"

namespace meshtwin {

// What one packet (or burst of segments) met on a link.
struct Crossing {
  Time arrival = 0;              // of its last segment at the other side
  std::uint32_t first_lost = 0;  // counted in segments; only when lost > 0
  std::uint32_t last_lost = 0;
  std::uint32_t lost = 0;
};

class LinkDirection {
 public:
  LinkDirection(std::string name, const LinkShape& shape, Duration link_hop, RandomStream random);

  // `segments` segments with `bytes` of payload enter at `at`; the draws are those of (connection, segment).
  Crossing cross(Time at, std::uint32_t segments, std::size_t bytes, std::uint64_t flow, std::uint64_t segment);
  Duration delay() const { return shape_.rtt / 2 + link_hop_; }  // without jitter and queue
  const LinkShape& shape() const { return shape_; }
  void shape(const LinkShape& shape) { shape_ = shape; }
  bool cut = false;
  bool serialises = true;  // false: something else keeps to the bandwidth
  LinkQuality quality() const;
  void reset_counters();

 private:
  std::string name_;
  LinkShape shape_;
  Duration link_hop_;
  RandomStream random_;
  Time busy_until_ = 0;
  Time last_arrival_ = 0;
  Histogram delays_;
  std::uint64_t packets_ = 0;
  std::uint64_t lost_ = 0;
};

struct Path {
  Duration hop = 0;                   // within a pod or a zone
  std::vector<LinkDirection*> links;  // across zones
  bool reachable = true;

  Duration delay() const {
    Duration sum = hop;
    for (const LinkDirection* link : links) sum += link->delay();
    return sum;
  }
};

class Topology {
 public:
  Topology(const Plan& plan, const CostProfile& profile);
  Topology(const Topology&) = delete;
  Topology& operator=(const Topology&) = delete;

  const Path& path(std::uint32_t from_pod, std::uint32_t to_pod) const;
  const Path& zone_path(std::size_t from, std::size_t to) const { return paths_[from * zones_ + to]; }
  // Whether what leaves `from` now can reach `to`. Inside a pod it always can.
  bool open(std::uint32_t from_pod, std::uint32_t to_pod) const {
    return from_pod == to_pod || !(pod_cut_[from_pod] || pod_cut_[to_pod]);
  }
  LinkDirection& link(std::size_t link, int direction) { return links_[2 * link + direction]; }
  std::uint32_t ip(std::uint32_t pod) const { return ip_of_pod_[pod]; }
  Duration link_hop() const { return link_hop_; }
  void cut_pod(std::size_t pod, bool cut) { pod_cut_[pod] = cut; }
  bool pod_is_cut(std::size_t pod) const { return pod_cut_[pod]; }
  std::vector<LinkQuality> quality() const;
  void reset_counters();

  // Counts what Linux counts as TCPOrigDataSent, of connections that are not the control plane's.
  void count_segments(std::uint32_t from_pod, std::uint32_t to_pod, std::size_t bytes) {
    if (bytes == 0 || is_control_[from_pod] || is_control_[to_pod]) return;
    const std::size_t most = from_pod == to_pod ? kLoopbackSegment : kVethSegment;
    data_segments_ += static_cast<std::int64_t>((bytes + most - 1) / most);
  }
  std::int64_t data_segments() const { return data_segments_; }

 private:
  static constexpr std::size_t kVethSegment = 1448;       // 1500 without the heads of IP and TCP with timestamps
  static constexpr std::size_t kLoopbackSegment = 65483;  // likewise of the loopback's 65535

  void find_paths(const Plan& plan, std::size_t from);

  std::vector<LinkDirection> links_;  // two of each link: a to b, b to a
  std::vector<std::size_t> zone_of_pod_;
  std::vector<std::uint32_t> ip_of_pod_;
  std::vector<char> pod_cut_;
  std::vector<char> is_control_;
  std::int64_t data_segments_ = 0;
  std::size_t zones_;
  std::vector<Path> paths_;  // zone by zone
  Path loopback_;
  Duration link_hop_;
};

}  // namespace meshtwin
