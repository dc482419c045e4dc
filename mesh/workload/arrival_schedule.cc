#include "mesh/workload/arrival_schedule.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace meshtwin {
namespace {

// Seconds t > 0 at which rate*t + slope/2*t^2 reaches `height`; the form that loses no digits for either sign of the
// slope.
double time_to_reach(double height, double rate, double slope) {
  const double root = std::sqrt(std::max(0.0, rate * rate + 2 * slope * height));
  const double sum = rate + root;
  return sum > 0 ? 2 * height / sum : 0;
}

double seconds(Duration d) {
  return static_cast<double>(d) * 1e-9;
}

}  // namespace

ArrivalSchedule::ArrivalSchedule(LoadConfig::Arrivals arrivals, std::vector<RatePoint> points, Time begin, Time end,
                                 RandomStream random)
    : arrivals_(arrivals), random_(random) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool last = i + 1 == points.size();
    const Time from = points[i].at;
    const Time to = last ? end : points[i + 1].at;
    const bool ramp = points[i].ramp && !last && to > from;
    const double slope = ramp ? (points[i + 1].per_second - points[i].per_second) / seconds(to - from) : 0;
    const Time used_from = std::max(from, begin);
    const Time used_to = std::min(to, end);
    if (used_to > used_from) {
      add_stretch(used_from, used_to, points[i].per_second + slope * seconds(used_from - from), slope);
    }
  }
}

void ArrivalSchedule::add_stretch(Time begin, Time end, double rate, double slope) {
  const double length = seconds(end - begin);
  stretches_.push_back({begin, end, rate, slope, length * (rate + slope * length / 2)});
}

std::optional<Time> ArrivalSchedule::next() {
  if (arrivals_ == LoadConfig::Arrivals::poisson) {
    height_ += random_.exponential(1);
  } else if (!first_) {
    height_ += 1;
  }
  first_ = false;
  for (; at_ < stretches_.size(); ++at_) {
    const Stretch& stretch = stretches_[at_];
    if (height_ < stretch.area) {
      const double t = time_to_reach(height_, stretch.rate, stretch.slope);
      const Time at = stretch.begin + static_cast<Duration>(t * 1e9 + 0.5);
      if (at < stretch.end) return at;  // otherwise it is the next one's first, but for the rounding of the area
    }
    height_ = std::max(0.0, height_ - stretch.area);
  }
  return std::nullopt;
}

}  // namespace meshtwin
