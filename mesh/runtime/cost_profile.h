#pragma once

// What each operation costs on some host, as `meshtwin calibrate` measures it and the simulator spends it. A time is
// (fixed + per_unit * amount) * cold(age) nanoseconds of one core. The unit is the operation's (see operation.h). Its
// age is how long ago the same role did the same last: meanwhile others have taken the caches and the TLB from what it
// touches, so what is done rarely costs several times what it costs in a loop. What a role does in one turn on a core
// is dearer besides when others have used much processor time since its last, and by chance; so is the way to a core.
// The file format is JSON, documented in results/README.md.

#include <array>
#include <string>
#include <vector>

#include "mesh/base/time.h"
#include "mesh/runtime/log_table.h"
#include "mesh/runtime/operation.h"
#include "mesh/runtime/quantile_table.h"

namespace meshtwin {

struct OperationCost {
  double fixed_ns = 0;
  double per_unit_ns = 0;
};

// The times at which the profile says how long it takes to wake up by chance.
struct WakeSpread {
  Duration idle = 0;
  std::vector<QuantilePoint> ns;
};

struct CostProfile {
  std::string name;
  std::string host;         // processor and kernel it was measured on
  std::uint32_t cores = 2;  // that a modelled topology shares unless its nodes have their own
  std::array<OperationCost, kOperationCount> operations{};
  std::vector<TablePoint> cold;            // a factor by age; none: 1
  std::vector<TablePoint> displaced;       // a factor by the processor time of others since a role's last turn; none: 1
  std::vector<QuantilePoint> turn_spread;  // a factor for each turn, drawn; its mean is 1; none: 1
  // Likewise for all turns until the processor is idle again: what one finds cold, the others find so too.
  std::vector<QuantilePoint> burst_spread;
  // Delays that hold no core.
  Duration wake_up_latency = 0;       // from an event to a sleeping role running, on a core that has just become idle
  std::vector<TablePoint> idle_exit;  // what is added to it (ns) by how long the core has been idle; none: 0
  // What is added (ns) to each wake-up besides, drawn, by how long the core has been idle; none: 0. Medians are 0.
  std::vector<WakeSpread> wake_spread;
  Duration timer_lateness = 0;  // from a timer's due time to its role being woken
  Duration local_hop = 0;       // one way between two namespaces of one zone, beyond what socket operations cost
  Duration loopback_hop = 0;    // one way between two sockets of one namespace, likewise
  Duration link_hop = 0;        // what the user-space link adds one way beyond the delay it was asked for

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
