#pragma once

// The endpoints of one assignment laid out for balancing: every host once, by priority and locality, and for each
// priority the lists one may choose from. It depends on the assignment alone, so all proxies that share an assignment
// share it; what a proxy knows beyond that (whom it ejected) is kept apart, in host_view.h.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "mesh/traffic/config.h"
#include "mesh/traffic/shared_tables.h"

namespace meshtwin {

enum class Availability : unsigned char { healthy, degraded, unhealthy };
Availability availability_of(EndpointHealth health);

struct IndexedHost {
  SocketAddress address;
  std::uint32_t weight = 1;
  std::uint32_t priority = 0;
  std::uint32_t locality = 0;  // place in PriorityIndex::localities
  Availability availability = Availability::healthy;
  EndpointTransport transport = EndpointTransport::plain;
};

// Hosts of one weight, as places in HostList::positions.
struct WeightGroup {
  std::uint32_t weight = 1;
  std::vector<std::uint32_t> members;
};

struct HostList {
  std::vector<std::uint32_t> positions;  // in AssignmentIndex::hosts, ascending
  std::vector<WeightGroup> groups;       // by weight, the heaviest first; empty when all weights are the same,
  std::uint32_t weight = 1;              // namely this
};

struct LocalityIndex {
  const Locality* locality = nullptr;  // the assignment's
  std::uint32_t weight = 0;
  std::uint32_t total = 0;
  HostList healthy;
  HostList degraded;
};

struct PriorityIndex {
  HostList all;
  HostList healthy;
  HostList degraded;
  bool weighted_by_locality = false;
  std::vector<LocalityIndex> localities;  // lists are filled only when there are several, or one with a weight
};

class AssignmentIndex {
 public:
  explicit AssignmentIndex(const ClusterAssignment& assignment);

  std::span<const IndexedHost> hosts() const { return hosts_; }
  const std::string& workload_of(std::uint32_t position) const { return *workloads_[position]; }
  std::span<const PriorityIndex> priorities() const { return priorities_; }
  std::optional<std::uint32_t> position_of(SocketAddress address) const;
  SharedTables& tables() const { return tables_; }  // made when asked for

 private:
  void add(const LocalityEndpoints& group);

  std::vector<IndexedHost> hosts_;
  std::vector<const std::string*> workloads_;  // of the hosts; the assignment's
  std::vector<PriorityIndex> priorities_;
  std::unordered_map<SocketAddress, std::uint32_t> position_of_;
  mutable SharedTables tables_;
};

// Of an assignment that outlives the index. An endpoint named twice counts once, where it stands first by priority.
const AssignmentIndex& index_of(const ClusterAssignment& assignment);

}  // namespace meshtwin
