#include "mesh/runtime/log_table.h"

#include "mesh/base/random.h"

namespace meshtwin {

double value_at(const std::vector<TablePoint>& points, double otherwise, Duration time) {
  if (points.empty()) return otherwise;
  if (time <= points.front().at) return points.front().value;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const TablePoint& low = points[i - 1];
    const TablePoint& high = points[i];
    if (time >= high.at) continue;
    const double from = portable_log(static_cast<double>(low.at));
    const double share =
        (portable_log(static_cast<double>(time)) - from) / (portable_log(static_cast<double>(high.at)) - from);
    return low.value + share * (high.value - low.value);
  }
  return points.back().value;
}

LogTable::LogTable(const std::vector<TablePoint>& points, double otherwise, double unit) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const std::size_t octave = i >> kBits;
    if (octave > 62) {
      entries_[i] = entries_[i - 1];
      continue;
    }
    // The middle of the step.
    const double step = static_cast<double>(i & (kStepsOfOctave - 1)) + 0.5;
    const double time = static_cast<double>(std::uint64_t{1} << octave) * (1 + step / kStepsOfOctave);
    const double value = value_at(points, otherwise, static_cast<Duration>(time)) / unit;
    entries_[i] = static_cast<std::int64_t>(value + 0.5);
  }
}

}  // namespace meshtwin
