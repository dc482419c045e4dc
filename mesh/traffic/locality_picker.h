#pragma once

// Chooses between the localities of a priority by weight, each scaled down by how few of its hosts are available. A
// locality keeps its whole weight until its available share times the overprovisioning factor falls below one.

#include <cstdint>
#include <optional>
#include <vector>

#include "mesh/base/random.h"

namespace meshtwin {

// Weight times min(1, overprovisioning * available/total).
double effective_locality_weight(std::uint32_t weight, std::uint32_t available, std::uint32_t total,
                                 std::uint32_t overprovisioning_factor);

class LocalityPicker {
 public:
  // By place; those of weight 0 are never picked.
  void set(const std::vector<double>& effective_weights, RandomStream& random);
  std::optional<std::uint32_t> pick();  // none when no weight is above 0

 private:
  struct Turn {
    double deadline;
    double weight;
    std::uint32_t locality;
  };
  std::vector<Turn> turns_;
};

}  // namespace meshtwin
