#pragma once

// How traffic divides over priorities. A priority takes as much as its health, enlarged by the overprovisioning factor,
// lets it; what is left spills to the next one. All in integer percent, as Envoy computes it, so that the rounding
// agrees.

#include <cstdint>
#include <span>
#include <vector>

namespace meshtwin {

// Hosts of one priority, those left out of health counting not included.
struct PriorityHealth {
  std::uint32_t healthy = 0;
  std::uint32_t degraded = 0;
  std::uint32_t total = 0;
};

struct PriorityLoads {
  std::vector<std::uint32_t> healthy;   // percent of the traffic for the healthy hosts of each priority
  std::vector<std::uint32_t> degraded;  // likewise for its degraded hosts
  std::vector<bool> panic;              // its health is ignored: all its hosts are used
};

struct PriorityChoice {
  std::uint32_t priority = 0;
  bool degraded = false;
};

// `panic_threshold_percent` 0: no priority ever panics, and without a healthy host the whole load stands on priority 0,
// where nothing will be found. All loads together are 100 unless there are no priorities.
PriorityLoads priority_loads(std::span<const PriorityHealth> priorities, std::uint32_t overprovisioning_factor,
                             std::uint32_t panic_threshold_percent);

// The first priority whose cumulative load reaches `h` (1..100), healthy hosts of every priority before degraded ones.
PriorityChoice choose_priority(const PriorityLoads& loads, std::uint32_t h);

}  // namespace meshtwin
