#pragma once

// One line of a scenario's `expect`: a metric of the run, over all of it or a part, held against a bound.

#include <optional>
#include <string>

#include "mesh/base/time.h"

namespace meshtwin {

struct Expectation {
  enum class Metric {
    success_rate,  // share 0..1 of the requests
    zone_share,    // share 0..1 of the requests to `service` that `zone` answered
    latency_mean,  // milliseconds, of successful requests, from the intended send time
    latency_p50,
    latency_p90,
    latency_p99,
    latency_p999,
    latency_max,
    requests,  // how many were sent
    failed,    // how many failed (with `reason`, if given)
    failover,  // seconds; see results/README.md
  };

  std::string text;  // as printed: "zone_share backend az-b at least 99% during 15s..26s"
  Metric metric = Metric::success_rate;
  std::string service;             // zone_share, failover
  std::string zone;                // zone_share
  std::string reason;              // failed
  std::optional<double> at_least;  // in the metric's unit
  std::optional<double> at_most;
  Time begin = 0;  // by the intended send time; the end is not included
  Time end = 0;    // 0: the run's whole duration
};

}  // namespace meshtwin
