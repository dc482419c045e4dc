#pragma once

// What a service does with a request: steps in order, each holding what it says. A pod has `workers`; a request takes
// one for as long as its steps run, and waits in order for one. Plain data, the same for every pod of a service.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mesh/base/time.h"

namespace meshtwin {

// A distribution of durations, drawn with our own samplers.
struct DurationModel {
  enum class Kind { constant, uniform, exponential, lognormal, histogram };
  struct Bin {
    Duration upto = 0;  // values are uniform between the previous bin's `upto` (0 before the first) and this
    double share = 0;   // shares sum to 1
  };
  Kind kind = Kind::constant;
  Duration a = 0;         // constant: the value; uniform: low; exponential: mean; lognormal: median
  Duration b = 0;         // uniform: high
  double sigma = 0;       // lognormal
  std::vector<Bin> bins;  // histogram
};

struct HandlerStep;

struct CallStep {
  std::string service;     // host name, as the application would dial it
  std::uint16_t port = 0;  // 0: the service's first port
  std::uint64_t request_bytes = 0;
  double probability = 1;
  std::string method = {};  // empty: POST with a body, GET without
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers = {};  // beside those that are forwarded
};

// Exactly one of the members is in use.
struct HandlerStep {
  enum class Kind { compute, call, parallel, fail };
  Kind kind = Kind::compute;
  DurationModel compute;
  bool cpu = false;  // compute: burn a core instead of only waiting
  CallStep call;
  std::vector<CallStep> parallel;  // all at once; goes on when the last has answered
  double fail_probability = 0;     // fail: answer `fail_status` and stop
  std::uint16_t fail_status = 500;
};

struct WorkloadConfig {
  std::string service;
  std::uint16_t port = 8080;
  std::uint32_t workers = 1;
  std::uint64_t response_bytes = 0;
  std::vector<HandlerStep> handler;
  // A call that fails fails the request with 500 unless this is false.
  bool calls_must_succeed = true;
  Duration journal_every = 0;  // between the times its metrics are written down; 0: only at the run's end
  // Received headers that its calls carry on, in lower case, beside those of the trace, x-request-id and baggage.
  std::vector<std::string> forward_headers = {};
};

}  // namespace meshtwin
