#pragma once

// The instants a link works with, on CLOCK_MONOTONIC: the present, and when the kernel received a message (it stamps
// them on CLOCK_REALTIME, so the distance between the two clocks is taken anew for each read).

#include "mesh/base/time.h"

struct msghdr;

namespace meshtwin {

Time monotonic_now();
Duration real_time_offset();  // CLOCK_REALTIME minus CLOCK_MONOTONIC, at this moment

// Of a message read from a socket with SO_TIMESTAMPNS; `now` when it has no stamp, or one of another clock (a frame of
// the namespace's own TCP may carry the instant it was to be sent instead).
Time arrival_instant(msghdr& message, Time now, Duration offset);

}  // namespace meshtwin
