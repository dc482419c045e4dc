#pragma once

// Ring hash and Maglev for one proxy: the priority by the request's hash, as all balancers choose it by a draw, and
// then that priority's table. Holds the tables it uses; others who use the same share them (shared_tables.h).

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "mesh/traffic/assignment_index.h"
#include "mesh/traffic/priority_load.h"
#include "mesh/traffic/shared_tables.h"

namespace meshtwin {

class HashPicker {
 public:
  void configure(const TableShape& shape);
  // Other endpoints or other ejected hosts (positions, ascending).
  void show(std::vector<std::uint32_t> ejected);

  // The position of the host for `hash`; none where its priority has no host to use.
  std::optional<std::uint32_t> pick(const AssignmentIndex& index, const PriorityLoads& loads, std::uint64_t hash,
                                    std::uint32_t attempt);

 private:
  struct Table {
    bool every_host = false;
    std::shared_ptr<const ConsistentTable> table;  // null: there is no host for it
  };

  std::shared_ptr<const ConsistentTable> make(const AssignmentIndex& index, std::uint32_t priority, bool every_host);

  TableShape shape_;
  std::vector<std::uint32_t> ejected_;
  std::vector<std::optional<Table>> tables_;  // by priority, when first needed
};

}  // namespace meshtwin
