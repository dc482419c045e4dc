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
  std::uint64_t trace_high = 0;  // its trace id, when it is sampled; both halves 0: it is not
  std::uint64_t trace_low = 0;

  bool sampled() const { return (trace_high | trace_low) != 0; }
};

// What a span stands for: one role's part in a sampled request.
enum class SpanKind : unsigned char {
  load,      // the root: a request of the load, at its generator
  call,      // a call that a workload makes
  outbound,  // the client's sidecar
  inbound,   // the server's sidecar
  gateway,
  waypoint,
  server,  // a workload that serves it
};
inline constexpr std::size_t kSpanKindCount = 7;
inline constexpr std::array<std::string_view, kSpanKindCount> kSpanKindNames = {
    "load", "call", "outbound", "inbound", "gateway", "waypoint", "server"};
constexpr std::string_view name_of(SpanKind kind) {
  return kSpanKindNames[static_cast<std::size_t>(kind)];
}

// A request's HTTP method, as spans keep it.
enum class Method : unsigned char { other, get, head, post, put, del, connect, options, trace, patch };
inline constexpr std::size_t kMethodCount = 10;
inline constexpr std::array<std::string_view, kMethodCount> kMethodNames = {
    "_OTHER", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
constexpr std::string_view name_of(Method method) {
  return kMethodNames[static_cast<std::size_t>(method)];
}
constexpr Method method_of(std::string_view name) {
  for (std::size_t i = 1; i < kMethodCount; ++i) {
    if (kMethodNames[i] == name) return static_cast<Method>(i);
  }
  return Method::other;
}

inline constexpr std::uint32_t kNoPeer = 0xffffffff;

// begin <= sent <= returned <= end, where known. What lies between them says where a request's time went: a role's own
// work is (sent - begin - connecting - retrying) + (end - returned); the rest belongs to whom it was sent.
struct SpanRecord {
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t span = 0;
  std::uint64_t parent = 0;      // 0: none
  std::uint32_t pod = 0;         // whose; places in the Plan's pods
  std::uint32_t peer = kNoPeer;  // the pod that the last try was sent to
  SpanKind kind = SpanKind::load;
  Time begin = 0;           // load: the intended instant; call: it was made; others: the request's head was there
  Time sent = 0;            // the last try went out; server: a worker took the request
  Time returned = 0;        // that try's whole answer was there, or its failure known; server: it was given
  Time end = 0;             // the whole answer was passed on
  Duration connecting = 0;  // before `sent`: the last try's wait for a connection, its set-up included
  Duration dialling = 0;    // of that: while that connection was made; the rest is waiting for one to come free
  Duration securing = 0;    // of that: the TLS handshake
  Duration retrying = 0;    // before `sent`: earlier tries and the pauses between
  Duration computing = 0;   // server: in the computations of its handler
  std::uint16_t status = 0;
  Failure failure = Failure::none;
  std::uint32_t attempts = 0;  // tries in all; 0 where nothing is sent on
  Method method = Method::other;
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

// A series of a role's metrics at one instant, as Prometheus would have scraped it.
struct MetricRecord {
  Time at = 0;
  std::uint32_t pod = 0;
  std::string series;  // `istio_requests_total{reporter="source",…}`
  double value = 0;
};

class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual void request(const RequestRecord& record) = 0;
  virtual void attempt(const AttemptRecord& record) = 0;
  virtual void event(EventRecord record) = 0;
  virtual void access(AccessRecord record) = 0;
  virtual void span(const SpanRecord& record) = 0;
  virtual void metric(MetricRecord record) = 0;
};

}  // namespace meshtwin
