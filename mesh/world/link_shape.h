#pragma once

// How a link treats packets. Both directions alike: each gets half of the round-trip time, its own jitter and loss
// draws, and the whole bandwidth.

#include <cstdint>

#include "mesh/base/time.h"

namespace meshtwin {

struct LinkShape {
  Duration rtt = 0;
  Duration jitter = 0;             // each packet one way: + uniform in [0, jitter); order is kept
  double loss = 0;                 // share of 1448-byte segments lost, each way
  std::int64_t bandwidth_bps = 0;  // bits a second; 0: unlimited
};

}  // namespace meshtwin
