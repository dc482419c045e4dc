#pragma once

// What each operation costs on some host, as `meshtwin calibrate` measures it and the simulator spends it. A time is
// (fixed + per_unit * amount) * cold(age) nanoseconds of one core. The unit is the operation's (see operation.h). Its
// age is how long ago the same role did the same last: meanwhile others have taken the caches and the TLB from what it
// touches, so what is done rarely costs several times what it costs in a loop. The file format is JSON, documented in
// results/README.md.

#include <array>
#include <string>
#include <vector>

#include "mesh/base/time.h"
#include "mesh/runtime/log_table.h"
#include "mesh/runtime/operation.h"

namespace meshtwin {

struct OperationCost {
  double fixed_ns = 0;
  double per_unit_ns = 0;
};

struct CostProfile {
  std::string name;
  std::string host;         // processor and kernel it was measured on
  std::uint32_t cores = 2;  // that a modelled topology shares unless its nodes have their own
  std::array<OperationCost, kOperationCount> operations{};
  std::vector<TablePoint> cold;  // a factor by age; none: 1
  // Delays that hold no core.
  Duration wake_up_latency = 0;       // from an event to a sleeping role running, on a core that has just become idle
  std::vector<TablePoint> idle_exit;  // what is added to it (ns) by how long the core has been idle; none: 0
  Duration timer_lateness = 0;        // from a timer's due time to its role being woken
  Duration local_hop = 0;             // one way between two namespaces of one zone, beyond what socket operations cost
  Duration loopback_hop = 0;          // one way between two sockets of one namespace, likewise
  Duration link_hop = 0;              // what the user-space link adds one way beyond the delay it was asked for

  OperationCost& operator[](Operation operation) { return operations[static_cast<std::size_t>(operation)]; }
  const OperationCost& operator[](Operation operation) const { return operations[static_cast<std::size_t>(operation)]; }
};

// The cost of `amount` units in whole nanoseconds, while nothing is cold; never negative.
Duration cost_of(const CostProfile& profile, Operation operation, std::int64_t amount);

// Throws Problem.
CostProfile parse_cost_profile(const std::string& json, const std::string& file_name);
std::string to_json(const CostProfile& profile);
CostProfile null_cost_profile();  // everything free

}  // namespace meshtwin
