#pragma once

// What a comparison of runs needs beyond their summaries: every latency, by phase and by route (an entry of the load:
// who to whom), and when each endpoint was first put out of use and taken back.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/run_store.h"
#include "results/run_subject.h"

namespace meshtwin {

inline constexpr const char* kWholeRun = "whole run";

struct LatencySet {
  std::string phase;             // kWholeRun: all of it
  std::string route;             // empty: all of them
  std::vector<Duration> sorted;  // of successful requests; may be empty
};

struct EndpointTimes {
  std::optional<Duration> ejected;   // its first ejection by any proxy, since the last timeline action before it
  std::optional<Duration> returned;  // its first return after that, since then

  friend bool operator==(const EndpointTimes&, const EndpointTimes&) = default;
};

struct RunDetail {
  // Phases, then the whole run, as the summary names them (one phase alone is the whole run); of all routes, then,
  // where there are several, of each.
  std::vector<LatencySet> latencies;
  std::map<std::string, EndpointTimes> endpoints;  // only those ejected

  const LatencySet* find(const std::string& phase, const std::string& route) const;  // null: there is none
};

RunDetail detail_of(const RunStore& store, const RunSubject& subject);

}  // namespace meshtwin
