#pragma once

// Round trips measured with real packets (ICMP echo, which the target's kernel answers), for the ping matrix before a
// run: what was asked of each link against what its packets get. The end of a round trip is taken from the kernel's
// receive time stamp, so that a late wake-up of this process is not held against the link.

#include <cstdint>
#include <string>

#include "mesh/base/histogram.h"
#include "mesh/telemetry/run_report.h"
#include "mesh/world/link_shape.h"

namespace meshtwin {

struct PingOptions {
  int netns_fd = -1;         // where to ping from; -1: the current namespace
  std::uint32_t target = 0;  // host byte order
  int count = 50;
  Duration interval = 2 * kMillisecond;
  Duration patience = kSecond;  // for an answer after the last was sent
};

struct PingResult {
  Histogram rtt;       // by the kernel's receive stamp
  Histogram rtt_seen;  // by when this process had woken and read it
  std::uint64_t sent = 0;
};

// Needs CAP_NET_RAW in the namespace. Throws std::system_error.
PingResult ping(const PingOptions& options);

// As the report has it: half of the round trip each way.
LinkQuality to_link_quality(const std::string& name, const LinkShape& wanted, const PingResult& result);

}  // namespace meshtwin
