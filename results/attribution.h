#pragma once

// Where the latency of one request went. Its spans say who had it when; this takes the time between the instant its
// schedule intended and its end apart, each nanosecond to one part of one hop, so that the parts add up to the latency
// exactly. Of calls that were made at once the one that ended last is followed. All from records: no model of anything.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "results/traced_run.h"

namespace meshtwin {

enum class Part : unsigned char {
  lateness,     // the load generator's own
  queue,        // waiting for a worker
  pool,         // waiting for a connection to come free
  connection,   // connections being made, their handshakes aside
  handshake,    // TLS
  retries,      // earlier tries and the pauses between
  compute,      // computations of handlers
  application,  // applications' own time besides; the load generator is one
  proxy,        // proxies' own time
  kernel,       // from one role's write to the next one having read it, both ways, less the links' delay: sockets,
                // wake-ups, what ztunnels do
  network,      // the links' configured delay
  unseen,       // passed on, with nothing known of whoever had it then
};
inline constexpr std::size_t kPartCount = 12;
inline constexpr std::array<std::string_view, kPartCount> kPartNames = {
    "lateness", "queue",       "pool",  "connection", "handshake", "retries",
    "compute",  "application", "proxy", "kernel",     "network",   "unseen"};
constexpr std::string_view name_of(Part part) {
  return kPartNames[static_cast<std::size_t>(part)];
}

struct Parts {
  std::array<Duration, kPartCount> times{};

  Duration& operator[](Part part) { return times[static_cast<std::size_t>(part)]; }
  Duration operator[](Part part) const { return times[static_cast<std::size_t>(part)]; }
  Duration sum() const;
};

struct HopParts {
  std::string hop;  // "frontend", "frontend inbound", …: the role of a service; what lies before it is its own
  Parts parts;
};

struct Attribution {
  Duration latency = 0;        // of the root span
  std::vector<HopParts> hops;  // in the order in which they got the request

  Parts total() const;
};

// `spans`: of one trace. `lateness`: of the request's generator, part of what the root did itself. Empty: no root.
Attribution attribute(const TracedRun& run, const std::vector<SpanRecord>& spans, Duration lateness);

// "frontend inbound": of the role that a span is of.
std::string hop_of(const TracedRun& run, const SpanRecord& span);

}  // namespace meshtwin
