#pragma once

// The way round TCP that eBPF makes between sockets of one pod or one node (ebpf/acceleration.bpf.c), with the same
// rules: each direction of a connection begins on it with its first message, or never; it leaves for good when more
// than kShortcutUnanswered bytes would be under way one way without a message the other way, or when one of the pods is
// cut off.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mesh/roles/plan.h"
#include "mesh/telemetry/run_report.h"
#include "sim/connection.h"
#include "sim/topology.h"

namespace meshtwin {

class Shortcut {
 public:
  Shortcut(const Plan& plan, const Topology& topology);

  // Whether the plan has it at all.
  bool exists() const { return !node_of_pod_.empty(); }
  // Whether a message of `side` goes by it; it is counted either way.
  bool takes(Connection& connection, int side, std::size_t bytes);

  std::map<std::string, ShortcutUsage> usage() const;  // RunReport's
  void reset_counters();

 private:
  bool reaches(const Connection& connection) const;
  ShortcutUsage& usage_of(const Connection& connection);

  const Topology& topology_;
  std::vector<std::size_t> node_of_pod_;  // empty: no shortcut
  ShortcutUsage in_pod_;
  ShortcutUsage on_node_;
};

}  // namespace meshtwin
