#pragma once

// Where the next request of a cluster may go, as one proxy sees it now: the shared index of the assignment, less the
// hosts this proxy has ejected. Answers the question in the order Envoy asks it: priority, then locality where
// localities are weighted or routing is zone-aware, which leaves one list of hosts for the balancer.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "mesh/base/random.h"
#include "mesh/traffic/host_view.h"
#include "mesh/traffic/locality_picker.h"
#include "mesh/traffic/priority_load.h"
#include "mesh/traffic/zone_aware.h"

namespace meshtwin {

class PriorityViews {
 public:
  void configure(const ClusterConfig& config);
  // Another assignment, or another configuration for it; nothing is ejected until `set_ejected` says so.
  void show(const ClusterAssignment& assignment, RandomStream& random);
  // Who sends: the proxy's place, and the cluster it belongs to. Only where routing is zone-aware.
  void set_local_cluster(const Locality& own, std::vector<ZoneHosts> zones);
  // Positions in the index, ascending.
  void set_ejected(const std::vector<std::uint32_t>& positions, RandomStream& random);

  // The list to choose from, or null when there is none with a host in it.
  HostView* choose(RandomStream& random);
  const PriorityLoads& loads() const { return loads_; }

 private:
  struct ByLocality {
    std::vector<HostView> healthy;
    std::vector<HostView> degraded;
    LocalityPicker healthy_picker;  // where localities have weights
    LocalityPicker degraded_picker;
  };
  struct Views {
    explicit Views(RandomStream& random) : all(random), healthy(random), degraded(random) {}
    HostView all;
    HostView healthy;
    HostView degraded;
    std::unique_ptr<ByLocality> by_locality;  // where one is chosen first
  };

  struct Zones {
    ZoneAwareConfig config;
    Locality own = {};
    std::vector<ZoneHosts> local = {};  // empty: not known
    ZonePlan plan = {};                 // of priority 0
  };

  void show_localities(const PriorityIndex& priority, Views& views, RandomStream& random);
  void weigh_localities(const PriorityIndex& priority, ByLocality& views, RandomStream& random) const;
  void compute_loads();
  void plan_zones();
  HostView* in_priority(PriorityChoice choice, RandomStream& random);

  const AssignmentIndex* index_ = nullptr;
  std::uint32_t overprovisioning_factor_ = 140;
  std::uint32_t panic_threshold_percent_ = 0;
  bool weighted_by_locality_ = false;
  std::unique_ptr<Zones> zones_;  // null: routing is not zone-aware
  std::vector<Views> views_;
  PriorityLoads loads_;
};

}  // namespace meshtwin
