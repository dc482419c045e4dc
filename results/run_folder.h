#pragma once

// Where a run's results are kept: DIR/sim or DIR/emu with run.sqlite, summary.json, requests.csv, events.csv and
// environment.json. While the run goes on, its folder is DIR/<world>.unfinished and holds the store alone, which can be
// read already; when it is over the rest is written and the folder takes its place, in which it appears complete or not
// at all; an older one of the same world is replaced then. A run that fails leaves nothing; one that is killed leaves
// what its store had got.

#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "mesh/telemetry/run_report.h"
#include "results/descriptor.h"
#include "results/run_store.h"
#include "results/run_subject.h"
#include "results/store_writer.h"
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
  std::map<std::string, std::string> facts;     // "host", "kernel", "processor", "started", …
  std::map<std::string, std::string> settings;  // the store's "file", "settings", "overrides"
};

inline constexpr const char* kStoreName = "run.sqlite";

class RunFolder {
 public:
  // Begins it. Throws ResultsError, SqlError.
  RunFolder(const std::string& dir, const RunSubject& subject, const Environment& environment);
  // Not finished: takes it away.
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  Recorder& recorder() { return *writer_; }
  // Returns the folder, DIR/<world>. Throws ResultsError, SqlError.
  std::string finish(const RunStore& store, const Summary& summary, const Environment& environment);

 private:
  std::string dir_;
  std::string world_;
  std::string path_;  // empty: finished
  Descriptor lock_;
  std::unique_ptr<StoreWriter> writer_;
};

// Writes a file complete or not at all. Throws ResultsError.
void write_file(const std::string& path, const std::string& content);

}  // namespace meshtwin
