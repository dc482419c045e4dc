#pragma once

// Who called whom, and when: attempts counted by slice of time between groups of pods, and by pod that answered. This
// is what the page replays. Where nobody chooses an endpoint (ztunnels carry connections), there are no attempts: then
// the spans of sampled requests say it, as far as they go.

#include "results/json_units.h"
#include "results/report/pods.h"
#include "results/report/rows.h"
#include "results/report/time_grid.h"

namespace meshtwin {

// {"from": "attempts", "spans" or "nothing", "edges": [{"from", "to": places of groups, "calls": [a slice], "failed":
// [a slice] or absent, "ms": [mean of a slice's answered attempts, or null]}], "answered": [[a pod's, a slice]]:
// answered attempts}
Json traffic_json(const Database& store, const Pods& pods, const TimeGrid& grid);

}  // namespace meshtwin
