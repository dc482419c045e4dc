#pragma once

// The chosen traces with their spans, for the page's waterfalls.

#include <map>
#include <string>

#include "results/json_units.h"
#include "results/report/rows.h"

namespace meshtwin {

// {"sampled": {WORLD: count}, "in_both", "list": [{"id", "why", "load", "number", "at_s", "worlds": {WORLD:
// {"latency_ms", "failure", "status", "spans": [[span, parent or null, pod, peer or null, kind, begin, sent, returned,
// end, connecting, securing, retrying, computing, status, failure, attempts]], "cut": spans left out}}}]}: a span's
// times in microseconds since the request's intended instant
Json traces_json(const std::map<std::string, const Database*>& stores);

}  // namespace meshtwin
