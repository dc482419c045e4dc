#pragma once

// Where a run's results are kept: DIR/sim or DIR/emu with summary.json, requests.csv, events.csv and environment.json.
// A folder appears complete or not at all: it is written beside its place and renamed into it; an older one of the same
// world is replaced then.

#include <map>
#include <stdexcept>
#include <string>

#include "mesh/telemetry/run_report.h"
#include "results/run_store.h"
#include "results/summary.h"

namespace meshtwin {

// What was attempted and on what: "results/az-failover/sim: cannot create folder: Permission denied".
class ResultsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What differs between two runs of the same simulation: the host, the hour, the wall time.
struct Environment {
  Duration wall = 0;
  std::map<std::string, std::string> facts;  // "host", "kernel", "processor", "started", …
};

// Returns the folder, DIR/<world>. Throws ResultsError.
std::string write_run_folder(const std::string& dir, const RunStore& store, const Summary& summary,
                             const Environment& environment);

// Writes a file complete or not at all. Throws ResultsError.
void write_file(const std::string& path, const std::string& content);

}  // namespace meshtwin
