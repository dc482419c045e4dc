#pragma once

// A function of a time that is given by a few points and goes in straight lines over the logarithm of the time: how
// much dearer an operation gets with age, say. Eight entries for each power of two, computed beforehand by arithmetic
// that is the same on every machine, so that looking up takes no more than finding the highest bit.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "mesh/base/time.h"

namespace meshtwin {

struct TablePoint {
  Duration at = 0;  // above 0
  double value = 0;
};

class LogTable {
 public:
  // The points by rising time; before the first and after the last the value stays. None: `otherwise` everywhere.
  // Values are kept in `unit`s, rounded to the nearest.
  LogTable(const std::vector<TablePoint>& points, double otherwise, double unit);

  std::int64_t operator()(Duration time) const {
    const auto whole = static_cast<std::uint64_t>(std::max<Duration>(time, kStepsOfOctave));
    const int octave = std::bit_width(whole) - 1;
    return entries_[kStepsOfOctave * static_cast<std::size_t>(octave) +
                    (whole >> (octave - kBits) & (kStepsOfOctave - 1))];
  }

 private:
  static constexpr int kBits = 3;
  static constexpr Duration kStepsOfOctave = 1 << kBits;
  std::array<std::int64_t, 64 << kBits> entries_;
};

// The value of the points at a time, as exactly as a double says it.
double value_at(const std::vector<TablePoint>& points, double otherwise, Duration time);

}  // namespace meshtwin
