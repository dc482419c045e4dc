#pragma once

// What the roles' metrics did over time, as the page draws it: a line for each family of series and service, its pods
// and labels added up. Buckets of histograms are left out, their sums and counts are not.

#include "results/json_units.h"
#include "results/report/pods.h"
#include "results/report/rows.h"
#include "results/report/time_grid.h"

namespace meshtwin {

// {"width_s", "families": {NAME: {SERVICE or pod: [in the middle of each slice, or null]}}, "left_out": families beyond
// the first so many}: of a counter (_total, _count, _sum) what it grew by a second, of anything else its value
Json metric_families_json(const Database& store, const Pods& pods, Duration duration);

}  // namespace meshtwin
