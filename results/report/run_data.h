#pragma once

// All that the page is told of one run: both worlds' aggregates over one grid of time, their comparison, the traces
// they share. A JSON document, in a shape that results/report/page/src/data.ts types.

#include "results/json_units.h"
#include "results/report/run_places.h"

namespace meshtwin {

// Throws Problem when the folder's stores cannot be read.
Json run_data(const RunPlace& folder);

// What was found of several runs together (comparison.json in the folder that holds theirs); null where there is none.
Json set_data(const std::string& folder);

}  // namespace meshtwin
