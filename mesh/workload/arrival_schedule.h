#pragma once

// When an open-loop load sends: instants from the rate and the seed alone. Arrivals are the points at which the
// integral of the rate reaches a sequence of heights (1, 2, 3, … apart for constant arrivals, exponential gaps for
// Poisson), found by inverting the integral exactly: a line under a step, a parabola under a ramp. Nothing but +, -, *,
// / and sqrt is used.

#include <cstddef>
#include <optional>
#include <vector>

#include "mesh/base/random.h"
#include "mesh/base/time.h"
#include "mesh/workload/load_config.h"

namespace meshtwin {

class ArrivalSchedule {
 public:
  // Points in order of time. The load begins at `begin` (the rate before the first point is 0) and ends before `end`.
  ArrivalSchedule(LoadConfig::Arrivals arrivals, std::vector<RatePoint> points, Time begin, Time end,
                  RandomStream random);

  std::optional<Time> next();  // none: the schedule is over

 private:
  // One stretch on which the rate is a line.
  struct Stretch {
    Time begin = 0;
    Time end = 0;
    double rate = 0;   // a second, at its begin
    double slope = 0;  // a second and second
    double area = 0;   // arrivals expected in it
  };

  void add_stretch(Time begin, Time end, double rate, double slope);

  const LoadConfig::Arrivals arrivals_;
  std::vector<Stretch> stretches_;
  std::size_t at_ = 0;
  double height_ = 0;  // of the next arrival, above the integral at the beginning of the present stretch
  bool first_ = true;
  RandomStream random_;
};

}  // namespace meshtwin
