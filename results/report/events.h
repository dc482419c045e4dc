#pragma once

// What happened in a run, as the page lists and replays it. What is common and repeats itself (a configuration taken
// over by each of a thousand proxies) is counted by slice of time; of each other kind so many are kept, the first ones.

#include "results/json_units.h"
#include "results/report/rows.h"
#include "results/report/time_grid.h"

namespace meshtwin {

// {"total", "kinds": {KIND: {"total", "kept"}}, "rows": [[at_s, kind, subject, detail]] by time,
//  "config": [a slice]: configuration resources taken over}
Json events_json(const Database& store, const TimeGrid& grid);

}  // namespace meshtwin
