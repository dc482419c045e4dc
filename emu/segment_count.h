#pragma once

// How much TCP has worked in a namespace, by the kernel's counters since the namespace was made.

#include <cstdint>

namespace meshtwin {

struct SegmentCount {
  // Segments with data that were sent for the first time (TCPOrigDataSent): two for a request and its answer that fit
  // into a segment each.
  std::int64_t sent = 0;
  // Segments that came in and were more than an acknowledgement (InSegs without TCPPureAcks and TCPHPAcks).
  std::int64_t received = 0;
};

SegmentCount count_segments(int net_namespace);

}  // namespace meshtwin
