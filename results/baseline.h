#pragma once

// What a simulated run gave when somebody last said that it was right: its fingerprint and its figures, as a file of
// its own (results/baselines). The simulator gives the same on every machine, so any difference is a change of
// behaviour, of the scenario or of the cost profile, and none is noise.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/summary.h"

namespace meshtwin {

struct Baseline {
  std::string scenario;
  std::string file;                        // of the scenario, as it was named
  std::vector<std::string> settings = {};  // what --set changed
  std::uint64_t seed = 0;
  std::string profile;      // the cost profile's fingerprint
  std::string fingerprint;  // of the records
  // By its way through summary.json, "phases.start.latency_ms.p50": the value as JSON. Speed is left out, and what the
  // charts are drawn from.
  std::map<std::string, std::string> figures;

  friend bool operator==(const Baseline&, const Baseline&) = default;
};

Baseline baseline_of(const Summary& summary, const std::string& file, const std::string& profile_fingerprint);

std::string to_json(const Baseline& baseline);
// Throws Problem.
Baseline parse_baseline(const std::string& json, const std::string& file_name);

struct MovedFigure {
  std::string figure;
  std::string before;                             // empty: it is new
  std::string after;                              // empty: it is gone
  std::optional<double> relative = std::nullopt;  // (after - before) / before, of numbers
};

struct BaselineDifference {
  bool other_seed = false;
  bool other_profile = false;
  bool other_records = false;      // the fingerprints differ
  std::vector<MovedFigure> moved;  // the farthest first

  bool none() const { return !other_seed && !other_profile && !other_records && moved.empty(); }
};

BaselineDifference difference(const Baseline& before, const Baseline& after);

}  // namespace meshtwin
