#pragma once

// The figures of a set of latencies. Quantiles are exact, by nearest rank: the smallest value that at least that share
// of the values do not exceed.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mesh/base/time.h"

namespace meshtwin {

struct LatencyFigures {
  std::uint64_t count = 0;  // 0: there are no figures
  Duration mean = 0;        // rounded to whole nanoseconds
  Duration p50 = 0;
  Duration p90 = 0;
  Duration p99 = 0;
  Duration p999 = 0;
  Duration max = 0;

  friend bool operator==(const LatencyFigures&, const LatencyFigures&) = default;
};

// Reorders `values`.
LatencyFigures figures_of(std::vector<Duration>& values);

// Where that rank's value lies among `count` (> 0) sorted ones.
std::size_t rank_index(std::size_t count, std::uint64_t per_mille);

// The value of rank ceil(count * per_mille / 1000), at least 1. Reorders `values`, which are not empty.
Duration nearest_rank(std::vector<Duration>& values, std::uint64_t per_mille);

}  // namespace meshtwin
