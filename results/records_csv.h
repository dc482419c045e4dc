#pragma once

// The records of a run as tables: requests.csv and events.csv. Columns are documented in results/README.md. Lines end
// with a single newline; fields that hold a comma, a quote or a line break are quoted.

#include <iosfwd>

#include "results/run_store.h"

namespace meshtwin {

void write_requests_csv(std::ostream& out, const RunStore& store);
void write_events_csv(std::ostream& out, const RunStore& store);
// access.log: the lines of all proxies by time, each behind its proxy's name.
void write_access_log(std::ostream& out, const RunStore& store);

}  // namespace meshtwin
