#pragma once

// A run's requests as pictures need them: exact percentiles over time, and a heat map of time by latency. Both worlds
// share the map's bins, so that one lies over the other.

#include <optional>
#include <vector>

#include "results/json_units.h"
#include "results/report/rows.h"
#include "results/report/time_grid.h"

namespace meshtwin {

// Bins of equal ratio between the least and the greatest latency.
struct LatencyBins {
  static constexpr std::size_t kCount = 56;
  Duration low = 0;
  Duration high = 0;

  std::size_t at(Duration latency) const;
};

// What the worlds of a run have in common.
struct LatencyScale {
  std::optional<LatencyBins> bins;  // over the successful requests of all; empty when there is none
  std::size_t together = 1;         // so many slices have a percentile in common, for it to be of enough requests
};
LatencyScale scale_for(const std::vector<const Database*>& stores, const TimeGrid& grid);

// {"sent": [a slice], "failed": [a slice], "percentiles": {"width_s", "n", "p50", "p90", "p99"},
//  "heat": [[a slice's counts, a bin]]}: by the requests' intended instants, successful ones but for `sent` and
//  `failed`
Json latency_over_time_json(const Database& store, const TimeGrid& grid, const LatencyScale& scale);

// {"low_ms", "high_ms", "count"}, or null
Json bins_json(const std::optional<LatencyBins>& bins);

}  // namespace meshtwin
