#pragma once

// Whether requests stayed in their lanes, by their traces: a lane explains a trace when each of its visits to a service
// was served by a pod of that lane or, where the service has none in it, by one of the fallback's. A request stayed in
// its lane if there is a lane that explains its trace. Defined in README.md.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "results/run_store.h"
#include "results/run_subject.h"

namespace meshtwin {

struct LaneCheck {
  std::uint64_t traces = 0;    // that visited a service with lanes
  std::uint64_t switched = 0;  // of those, that no lane explains
  std::map<std::string, std::uint64_t>
      by_lane;                        // the others, by the lane that does: the baseline, if that is one of them
  std::vector<std::string> examples;  // of those that switched, a few: "00f3…: a-s2-0, b-s3-0"
};

struct LaneQuestion {
  std::string lane;                                       // the one that every request is to be in; empty: any
  std::string baseline;                                   // whom lanes fall back to; empty: as the subject has it
  std::function<bool(const RequestRecord&)> counts = {};  // which requests are looked at; empty: all that are traced
};
LaneCheck check_lanes(const RunStore& store, const RunSubject& subject, const LaneQuestion& question);

}  // namespace meshtwin
