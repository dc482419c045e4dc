#include "mesh/traffic/hash_picker.h"

#include <utility>

namespace meshtwin {

void HashPicker::configure(const TableShape& shape) {
  if (shape != shape_) tables_.clear();
  shape_ = shape;
}

void HashPicker::show(std::vector<std::uint32_t> ejected) {
  ejected_ = std::move(ejected);
  tables_.clear();
}

std::optional<std::uint32_t> HashPicker::pick(const AssignmentIndex& index, const PriorityLoads& loads,
                                              std::uint64_t hash, std::uint32_t attempt) {
  if (loads.healthy.empty()) return std::nullopt;
  const std::uint32_t priority = choose_priority(loads, static_cast<std::uint32_t>(hash % 100) + 1).priority;
  const bool every_host = loads.panic[priority];
  if (priority >= tables_.size()) tables_.resize(priority + 1);
  std::optional<Table>& known = tables_[priority];
  if (!known || known->every_host != every_host) known = {every_host, make(index, priority, every_host)};
  if (known->table == nullptr) return std::nullopt;
  return known->table->pick(hash, attempt);
}

std::shared_ptr<const ConsistentTable> HashPicker::make(const AssignmentIndex& index, std::uint32_t priority,
                                                        bool every_host) {
  TableKey key{shape_, priority, every_host, {}};
  if (!every_host) {
    for (const std::uint32_t position : ejected_) {
      if (index.hosts()[position].priority == priority) key.left_out.push_back(position);
    }
  }
  return index.tables().get(index, key);
}

}  // namespace meshtwin
