#pragma once

// An expectation held against a run. What cannot be evaluated (no request in its window, no failure to fail over from)
// has not been met, and says why.

#include <optional>
#include <string>
#include <vector>

#include "results/expectation.h"
#include "results/failover.h"
#include "results/run_store.h"
#include "results/run_subject.h"

namespace meshtwin {

struct Verdict {
  std::string text;             // the expectation's
  std::optional<double> value;  // in the metric's unit: share 0..1, milliseconds, seconds or a count
  std::string shown;            // the value for people: "99.85 %"; "-" when there is none
  bool pass = false;
  std::string why;  // why there is no value; else empty

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// Of an expectation that one world alone cannot answer for: neither met nor failed.
Verdict unjudged(const Expectation& expectation);

// The failovers are the run's (failovers_of), passed in because computing them is not free.
Verdict evaluate(const Expectation& expectation, const RunStore& store, const RunSubject& subject,
                 const std::vector<Failover>& failovers);

}  // namespace meshtwin
