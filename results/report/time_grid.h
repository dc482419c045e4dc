#pragma once

// A run cut into equal slices, for a page that shows and replays it: few enough to be drawn one by one, with a width a
// person can read (1, 2 or 5 times a power of ten).

#include <algorithm>
#include <cstddef>

#include "mesh/base/time.h"

namespace meshtwin {

class TimeGrid {
 public:
  // As many slices as go into `duration`, at most `most`. A duration of 0 has one.
  TimeGrid(Duration duration, std::size_t most);

  Duration width() const { return width_; }
  std::size_t slices() const { return slices_; }
  Duration duration() const { return duration_; }
  // What comes before the run belongs to the first slice, what comes after it to the last.
  std::size_t at(Time time) const {
    return static_cast<std::size_t>(std::clamp<Time>(time / width_, 0, static_cast<Time>(slices_) - 1));
  }

 private:
  Duration duration_;
  Duration width_;
  std::size_t slices_;
};

}  // namespace meshtwin
