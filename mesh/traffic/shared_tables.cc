#include "mesh/traffic/shared_tables.h"

#include <algorithm>

#include "mesh/traffic/assignment_index.h"
#include "mesh/traffic/maglev.h"
#include "mesh/traffic/ring_hash.h"

namespace meshtwin {
namespace {

std::vector<std::uint32_t> positions_of(const PriorityIndex& priority, const TableKey& key) {
  std::vector<std::uint32_t> positions;
  const auto& candidates = key.every_host ? priority.all.positions : priority.healthy.positions;
  std::ranges::set_difference(candidates, key.left_out, std::back_inserter(positions));
  return positions;
}

// What is to be shared by the hosts of each locality of the priority, by place; those of one locality share it by
// weight. Not weighted by locality: all share everything.
struct LocalityShares {
  std::vector<double> of_requests;
  std::vector<double> weight_of_hosts;
};

LocalityShares locality_shares(const AssignmentIndex& index, const PriorityIndex& priority, bool by_locality,
                               const std::vector<std::uint32_t>& positions) {
  const std::size_t localities = priority.localities.size();
  LocalityShares shares{std::vector<double>(localities), std::vector<double>(localities)};
  double all_weights = 0;
  for (const LocalityIndex& locality : priority.localities) all_weights += locality.weight;
  double all_hosts = 0;
  for (const std::uint32_t position : positions) {
    const IndexedHost& host = index.hosts()[position];
    shares.weight_of_hosts[host.locality] += host.weight;
    all_hosts += host.weight;
  }
  for (std::size_t l = 0; l < localities; ++l) {
    shares.of_requests[l] =
        by_locality ? priority.localities[l].weight / all_weights : shares.weight_of_hosts[l] / all_hosts;
  }
  return shares;
}

std::vector<HashedHost> hashed_hosts(const AssignmentIndex& index, const TableKey& key) {
  const PriorityIndex& priority = index.priorities()[key.priority];
  const std::vector<std::uint32_t> positions = positions_of(priority, key);
  const bool by_locality = key.shape.weighted_by_locality && priority.weighted_by_locality;
  const LocalityShares shares = locality_shares(index, priority, by_locality, positions);
  std::vector<HashedHost> hosts;
  hosts.reserve(positions.size());
  for (const std::uint32_t position : positions) {
    const IndexedHost& host = index.hosts()[position];
    const double share = shares.of_requests[host.locality] * host.weight / shares.weight_of_hosts[host.locality];
    if (share > 0) hosts.push_back({host.address, share, position});
  }
  return hosts;
}

std::shared_ptr<const ConsistentTable> make_table(const AssignmentIndex& index, const TableKey& key) {
  const std::vector<HashedHost> hosts = hashed_hosts(index, key);
  if (hosts.empty()) return nullptr;
  if (key.shape.maglev) return std::make_shared<MaglevTable>(hosts, MaglevConfig{key.shape.table_size});
  return std::make_shared<HashRing>(hosts, RingHashConfig{key.shape.minimum_ring_size, key.shape.maximum_ring_size});
}

}  // namespace

TableShape table_shape(const ClusterConfig& config) {
  TableShape shape;
  shape.weighted_by_locality = config.weighted_by_locality;
  if (config.lb_policy == LbPolicy::maglev) {
    shape.maglev = true;
    shape.table_size = config.maglev.table_size;
  } else {
    shape.minimum_ring_size = config.ring_hash.minimum_ring_size;
    shape.maximum_ring_size = config.ring_hash.maximum_ring_size;
  }
  return shape;
}

std::shared_ptr<const ConsistentTable> SharedTables::get(const AssignmentIndex& index, const TableKey& key) {
  std::weak_ptr<const ConsistentTable>& known = tables_[key];
  if (std::shared_ptr<const ConsistentTable> table = known.lock()) return table;
  std::shared_ptr<const ConsistentTable> table = make_table(index, key);
  known = table;
  if (table != nullptr && key.left_out.empty()) kept_.push_back(table);
  std::erase_if(tables_, [&](const auto& entry) { return entry.second.expired(); });
  return table;
}

}  // namespace meshtwin
