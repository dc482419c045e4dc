#pragma once

// A distribution that is given by some of its quantiles and goes in straight lines between them: by what a wake-up
// takes longer, say, as it was measured. Drawing looks one of 4,096 entries up; what lies beyond the first and the last
// quantile is not drawn.

#include <array>
#include <cstdint>
#include <vector>

namespace meshtwin {

struct QuantilePoint {
  double share = 0;  // of all values that are at most `value`; 0..1
  double value = 0;
};

class QuantileTable {
 public:
  // The points by rising share; no value is below the one before. None: `otherwise` always. Values are kept in `unit`s,
  // rounded to the nearest.
  QuantileTable(const std::vector<QuantilePoint>& points, double otherwise, double unit);

  // `bits`: 64 random ones.
  std::int64_t operator()(std::uint64_t bits) const { return entries_[bits >> (64 - kBits)]; }

 private:
  static constexpr int kBits = 12;
  std::array<std::int64_t, 1 << kBits> entries_;
};

double quantile_at(const std::vector<QuantilePoint>& points, double otherwise, double share);
// Of what a table made of the points draws.
double mean_of(const std::vector<QuantilePoint>& points);

}  // namespace meshtwin
