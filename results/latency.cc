#include "results/latency.h"

#include <algorithm>
#include <cassert>

namespace meshtwin {

std::size_t rank_index(std::size_t count, std::uint64_t per_mille) {
  const std::uint64_t rank = (count * per_mille + 999) / 1000;
  return static_cast<std::size_t>(rank == 0 ? 0 : rank - 1);
}

Duration nearest_rank(std::vector<Duration>& values, std::uint64_t per_mille) {
  assert(!values.empty() && per_mille <= 1000);
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(rank_index(values.size(), per_mille));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

LatencyFigures figures_of(std::vector<Duration>& values) {
  LatencyFigures figures;
  if (values.empty()) return figures;
  std::sort(values.begin(), values.end());
  const std::size_t count = values.size();
  // The sum of remainders apart from that of quotients: exact, and safe from overflow for any run.
  std::int64_t quotients = 0;
  std::int64_t remainders = 0;
  const auto n = static_cast<std::int64_t>(count);
  for (Duration value : values) {
    quotients += value / n;
    remainders += value % n;
  }
  figures.count = count;
  figures.mean = quotients + (remainders + n / 2) / n;
  figures.p50 = values[rank_index(count, 500)];
  figures.p90 = values[rank_index(count, 900)];
  figures.p99 = values[rank_index(count, 990)];
  figures.p999 = values[rank_index(count, 999)];
  figures.max = values.back();
  return figures;
}

}  // namespace meshtwin
