#pragma once

// The tables of one assignment for the balancers that hash. A table follows from the assignment and from whom the proxy
// has ejected, nothing else of the proxy, so proxies that have ejected the same hosts share one. It is made when it is
// first needed; it stays with the assignment where nobody is left out, else it goes with the last proxy that uses it.

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "mesh/traffic/config.h"
#include "mesh/traffic/consistent_table.h"

namespace meshtwin {

class AssignmentIndex;

// The balancers for which a request's hash counts.
inline bool goes_by_hash(LbPolicy policy) {
  return policy == LbPolicy::ring_hash || policy == LbPolicy::maglev;
}

// What of a cluster's configuration a table follows from.
struct TableShape {
  bool maglev = false;
  std::uint64_t minimum_ring_size = 0;
  std::uint64_t maximum_ring_size = 0;
  std::uint64_t table_size = 0;
  bool weighted_by_locality = false;

  auto operator<=>(const TableShape&) const = default;
};
TableShape table_shape(const ClusterConfig& config);

struct TableKey {
  TableShape shape;
  std::uint32_t priority = 0;
  bool every_host = false;              // also those that are not healthy
  std::vector<std::uint32_t> left_out;  // positions in the index, ascending

  auto operator<=>(const TableKey&) const = default;
};

class SharedTables {
 public:
  // Null: there is no host for it. `index` is always the same.
  std::shared_ptr<const ConsistentTable> get(const AssignmentIndex& index, const TableKey& key);

 private:
  std::map<TableKey, std::weak_ptr<const ConsistentTable>> tables_;
  std::vector<std::shared_ptr<const ConsistentTable>> kept_;
};

}  // namespace meshtwin
