#pragma once

// A stream of requests into the mesh. Open loop: when each is sent is fixed by the schedule and the seed, whatever the
// answers do. Closed loop: each of N clients sends when its last was answered and it has thought.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mesh/base/time.h"
#include "mesh/wire/trace_context.h"
#include "mesh/workload/workload_config.h"

namespace meshtwin {

// The rate from `at` on, until the next point; a ramp goes in a straight line to the next point's rate.
struct RatePoint {
  Time at = 0;
  double per_second = 0;
  bool ramp = false;
};

struct LoadConfig {
  enum class Arrivals { constant, poisson };

  std::uint32_t index = 0;  // its place in the scenario's load list
  std::string service;
  std::uint16_t port = 0;  // 0: the service's first port
  std::string host;        // the authority of its requests; empty: the service's, with its port
  std::string method = "GET";
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  std::uint64_t request_bytes = 0;
  Arrivals arrivals = Arrivals::poisson;
  std::vector<RatePoint> rate;  // open loop; empty: closed
  std::uint32_t clients = 0;    // closed loop
  DurationModel think;          // closed loop
  Time begin = 0;
  Time end = 0;                   // no request is sent at or after this
  Duration timeout = 0;           // 0: none
  Duration grace = 10 * kSecond;  // after `end`: then what is unanswered counts as UNFINISHED
  TracingConfig tracing;
};

}  // namespace meshtwin
