#pragma once

// What a run writes down while it goes on. Roles hand records to a Recorder; the results are computed from nothing
// else.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "mesh/base/time.h"

namespace meshtwin {

// Why a request failed, as its load generator saw it. The names stand in requests.csv and summary.json.
enum class Failure : unsigned char {
  none,
  connect_refused,
  connect_timeout,
  unreachable,
  reset,    // the connection ended before the answer did
  timeout,  // the client's own limit passed
  http_4xx,
  http_5xx,
  protocol,    // the answer was not HTTP
  unfinished,  // not answered 10 s after the run's duration
};
inline constexpr std::size_t kFailureCount = 10;
inline constexpr std::array<std::string_view, kFailureCount> kFailureNames = {
    "NONE",    "CONNECT_REFUSED", "CONNECT_TIMEOUT", "UNREACHABLE", "RESET",
    "TIMEOUT", "HTTP_4XX",        "HTTP_5XX",        "PROTOCOL",    "UNFINISHED"};
constexpr std::string_view name_of(Failure failure) {
  return kFailureNames[static_cast<std::size_t>(failure)];
}

// One request of the load, written by its generator when it ends.
struct RequestRecord {
  std::uint32_t load = 0;    // which entry of the scenario's load list
  std::uint64_t number = 0;  // from 0 within it
  Time intended = 0;         // when the schedule wanted it sent; latency counts from here
  Time sent = 0;             // when the generator handed it on; sent - intended is the generator's own lateness
  Time done = 0;             // when the whole answer was there, or the failure known
  std::uint16_t status = 0;  // of the HTTP answer; 0: none
  Failure failure = Failure::none;
};

// One try at one endpoint, written by whoever chose it (a sidecar, or the client itself without a mesh). A retry is
// another.
struct AttemptRecord {
  std::uint32_t from_pod = 0;  // places in the Plan's pods
  std::uint32_t to_pod = 0;
  Time at = 0;  // when the endpoint was chosen
  Time done = 0;
  std::uint16_t status = 0;
  Failure failure = Failure::none;
  bool retry = false;
};

// Something that happened: an ejection, a configuration taken over, a pod lost by the registry, a fault put in.
struct EventRecord {
  Time at = 0;
  std::string kind;     // ejected, returned, config, pod_ready, pod_gone, fault, restore, refused_config, …
  std::string subject;  // whom it concerns: a pod, a cluster, a resource
  std::string detail;   // by whom, why, which version
};

// A line of a proxy's access log.
struct AccessRecord {
  Time at = 0;  // when the request came
  std::string proxy;
  std::string line;
};

class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual void request(const RequestRecord& record) = 0;
  virtual void attempt(const AttemptRecord& record) = 0;
  virtual void event(EventRecord record) = 0;
  virtual void access(AccessRecord record) = 0;
};

}  // namespace meshtwin
