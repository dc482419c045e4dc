#include "mesh/runtime/quantile_table.h"

#include <cstddef>

namespace meshtwin {
namespace {

double share_of_entry(std::size_t entry, std::size_t entries) {
  return (static_cast<double>(entry) + 0.5) / static_cast<double>(entries);
}

std::int64_t nearest(double value) {
  return static_cast<std::int64_t>(value < 0 ? value - 0.5 : value + 0.5);
}

}  // namespace

double quantile_at(const std::vector<QuantilePoint>& points, double otherwise, double share) {
  if (points.empty()) return otherwise;
  if (share <= points.front().share) return points.front().value;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const QuantilePoint& low = points[i - 1];
    const QuantilePoint& high = points[i];
    if (share < high.share)
      return low.value + (share - low.share) / (high.share - low.share) * (high.value - low.value);
  }
  return points.back().value;
}

double mean_of(const std::vector<QuantilePoint>& points) {
  constexpr std::size_t kEntries = 4096;
  double sum = 0;
  for (std::size_t i = 0; i < kEntries; ++i) sum += quantile_at(points, 0, share_of_entry(i, kEntries));
  return sum / kEntries;
}

QuantileTable::QuantileTable(const std::vector<QuantilePoint>& points, double otherwise, double unit) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i] = nearest(quantile_at(points, otherwise, share_of_entry(i, entries_.size())) / unit);
  }
}

}  // namespace meshtwin
