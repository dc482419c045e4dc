#include "results/report/time_grid.h"

namespace meshtwin {
namespace {

// The least of 1, 2, 5, 10, 20, 50, … ms (or less, for short runs) that is not below `least`.
Duration readable_width(Duration least) {
  for (Duration unit = kMicrosecond;; unit *= 10) {
    for (const Duration step : {1, 2, 5}) {
      if (step * unit >= least) return step * unit;
    }
  }
}

// No run is longer; a store that says so is no reason to count beyond what 64 bits hold.
constexpr Duration kLongest = 1000 * 24 * 3600 * kSecond;

}  // namespace

TimeGrid::TimeGrid(Duration duration, std::size_t most) : duration_(std::clamp<Duration>(duration, 0, kLongest)) {
  const auto count = static_cast<Duration>(std::max<std::size_t>(most, 1));
  width_ = readable_width(std::max<Duration>(duration_ / count + (duration_ % count != 0 ? 1 : 0), 1));
  slices_ = static_cast<std::size_t>(std::max<Duration>((duration_ + width_ - 1) / width_, 1));
}

}  // namespace meshtwin
