#pragma once

// One direction of a connection at message level: what TCP does with a sender's bytes, as much of it as decides when
// they arrive. Acknowledgements cost no events: each is a note of when it will be back, read when the sender next needs
// to know (an event is spent only where bytes or a writer wait for one). Bytes go in chunks of up to kBurst segments.
//
// Loss: bytes behind a lost segment wait for it (head-of-line blocking) in `stalled`. It is sent again when the sender
// learns of it: from the acknowledgement of three later segments (of fewer: a quarter of srtt later, as RACK), else by
// tail loss probe (2 srtt + 8 ms; when several were lost, one srtt later still) or, for a lone segment, the
// retransmission timeout (srtt + 200 ms), which doubles with each further loss; after 15 the connection is given up.

#include <cstdint>

#include "sim/congestion_window.h"
#include "sim/event_queue.h"
#include "sim/ring.h"
#include "sim/topology.h"

namespace meshtwin {

struct Chunk {
  std::uint32_t bytes = 0;
  std::uint32_t segments = 0;  // at least one: an end alone is a packet too
  std::uint32_t lost = 0;      // of them, to be sent again
  bool fin = false;
  Time sent = 0;
  Time arrival = 0;
  bool again = false;  // has been sent again
};

struct Acknowledgement {
  Time at = 0;
  Time sent = 0;
  std::uint32_t bytes = 0;
  std::uint32_t segments = 0;
};

// In order of use: what every message reads stands in the first three cache lines.
struct alignas(64) Flow {
  static constexpr std::uint32_t kBurst = 10;       // segments of a chunk over a link
  static constexpr std::uint32_t kLocalBurst = 45;  // within a zone: what Linux moves as one packet

  const Path* path = nullptr;
  const Path* back = nullptr;
  std::size_t unsent = 0;          // bytes written and not sent
  std::size_t unacknowledged = 0;  // bytes sent
  std::size_t undelivered = 0;     // bytes sent and not handed to the other end
  std::uint32_t segments_out = 0;
  bool fin_sent = false;
  bool was_limit = false;  // the congestion window held bytes back
  bool over = false;       // reset: nothing moves any more
  Duration srtt = 0;
  Time last_sent = 0;
  Time last_arrival = 0;
  std::uint64_t segments_sent = 0;
  Ring<Acknowledgement, 1> acknowledgements;
  Ring<Chunk> stalled;  // the first lost, and all after it
  CongestionWindow window;
  std::uint64_t key = 0;  // for random draws
  EventKey acknowledged_event = 0;
  Ring<Chunk> entering;  // on their way to the link's process
  EventKey recovery_event = 0;
  EventKey release_event = 0;
  EventKey window_event = 0;  // the receiver's window has opened
  Time reduced_at = -1;       // when the window was last reduced: losses of what was sent before are no news
  int retries = 0;

  std::uint32_t burst() const { return path->links.empty() ? kLocalBurst : kBurst; }
  // Takes in the acknowledgements that are back at `at`.
  void acknowledge(Time at) {
    while (!acknowledgements.empty() && acknowledgements.front().at <= at) {
      const Acknowledgement ack = acknowledgements.pop_front();
      segments_out -= ack.segments;
      unacknowledged -= ack.bytes;
      srtt += (ack.at - ack.sent - srtt) / 8;
      window.acknowledged(ack.segments, ack.at, srtt, was_limit);
    }
  }
};

}  // namespace meshtwin
