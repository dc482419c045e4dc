#pragma once

// How long after a zone of a service failed its traffic had gone elsewhere: from the failure to the first instant t
// after it such that, of the attempts on the service begun in the second that starts at t, at most 1 % went to the
// failed zone. There must be such attempts, and that second must lie wholly before the zone is restored (or the run
// ends).

#include <optional>
#include <string>
#include <vector>

#include "mesh/base/time.h"
#include "results/run_store.h"
#include "results/run_subject.h"

namespace meshtwin {

struct Failover {
  std::string service;
  std::string zone;
  Time at = 0;                    // of the failure
  Time until = 0;                 // the restore, or the run's end
  std::optional<Duration> after;  // empty: the traffic did not leave in that time

  friend bool operator==(const Failover&, const Failover&) = default;
};

struct AttemptStart {
  Time at = 0;
  bool to_failed_zone = false;
};

// Attempts in any order; reorders them.
std::optional<Duration> failover_after(std::vector<AttemptStart>& attempts, Time failed, Time until);

// One for each mark that fails a service in one zone, in the marks' order.
std::vector<Failover> failovers_of(const RunStore& store, const RunSubject& subject);

}  // namespace meshtwin
