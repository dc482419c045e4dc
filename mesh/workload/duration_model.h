#pragma once

// Draws durations from the distributions of a scenario, with the samplers of mesh/base/random.h alone.

#include "mesh/base/random.h"
#include "mesh/base/time.h"
#include "mesh/workload/workload_config.h"

namespace meshtwin {

Duration draw(const DurationModel& model, RandomStream& random);  // never negative
double mean_of(const DurationModel& model);                       // nanoseconds

}  // namespace meshtwin
