#pragma once

// Where the next request of a cluster may go, as one proxy sees it now: the shared index of the assignment, less the
// hosts this proxy has ejected. Answers the question in the order Envoy asks it: priority, then locality where
// localities are weighted, which leaves one list of hosts for the balancer.

#include <cstdint>
#include <memory>
#include <vector>

#include "mesh/base/random.h"
#include "mesh/traffic/host_view.h"
#include "mesh/traffic/locality_picker.h"
#include "mesh/traffic/priority_load.h"

namespace meshtwin {

class PriorityViews {
 public:
  // Another assignment; nothing is ejected until `set_ejected` says so.
  void show(const ClusterAssignment& assignment, std::uint32_t panic_threshold_percent, RandomStream& random);
  // Positions in the index, ascending.
  void set_ejected(const std::vector<std::uint32_t>& positions, RandomStream& random);
  void set_panic_threshold(std::uint32_t percent);

  // The list to choose from, or null when there is none with a host in it.
  HostView* choose(RandomStream& random);
  const PriorityLoads& loads() const { return loads_; }

 private:
  struct Weighted {  // of a priority whose localities have weights
    std::vector<HostView> healthy;
    std::vector<HostView> degraded;
    LocalityPicker healthy_picker;
    LocalityPicker degraded_picker;
  };
  struct Views {
    explicit Views(RandomStream& random) : all(random), healthy(random), degraded(random) {}
    HostView all;
    HostView healthy;
    HostView degraded;
    std::unique_ptr<Weighted> weighted;
  };

  void show_localities(const PriorityIndex& priority, Views& views, RandomStream& random);
  void weigh_localities(const PriorityIndex& priority, Weighted& weighted, RandomStream& random) const;
  void compute_loads();
  HostView* in_priority(PriorityChoice choice);

  const AssignmentIndex* index_ = nullptr;
  std::uint32_t overprovisioning_factor_ = 140;
  std::uint32_t panic_threshold_percent_ = 0;
  std::vector<Views> views_;
  PriorityLoads loads_;
};

}  // namespace meshtwin
