#pragma once

// One direction of a link, without any packet: when a frame arrives it says which runs of the frame's segments leave,
// and when. A segment first waits for those before it to be serialised (a clock that runs ahead of the present by what
// is queued), may then be lost, and is due half a round trip, and its jitter, later. Order is kept. Neighbouring
// segments leave together unless that would hold the first of them back by more than `kBurst`. Time is an argument;
// draws come from a stream.

#include <cstdint>
#include <vector>

#include "emu/link/segment.h"
#include "mesh/base/random.h"
#include "mesh/base/time.h"
#include "mesh/world/link_shape.h"

namespace meshtwin {

// Segments [first, first + count) of the frame, due together.
struct Release {
  Time due = 0;
  std::uint32_t first = 0;
  std::uint32_t count = 0;

  friend bool operator==(const Release&, const Release&) = default;
};

struct SegmentCounts {
  std::uint64_t arrived = 0;
  std::uint64_t lost = 0;     // in all: drawn, cut, or no room
  std::uint64_t dropped = 0;  // of those: no room in the queue
};

class LinkDirection {
 public:
  static constexpr Duration kBurst = 100 * kMicrosecond;

  LinkDirection(const LinkShape& shape, const RandomStream& stream);

  // Holds for frames that arrive from now on; those under way keep the terms they came in under.
  void shape(const LinkShape& shape);
  // While cut, everything is lost; what is queued is forgotten.
  void cut();
  void restore() { cut_ = false; }
  bool is_cut() const { return cut_; }

  // Appends to `out` what leaves of a frame that arrives at `now`.
  void arrive(Time now, const FrameLayout& frame, std::vector<Release>& out);

  // The caller lost segments itself (those still under way when the link was cut).
  void count_lost(std::uint64_t segments) { counts_.lost += segments; }
  void count_dropped(std::uint64_t segments) {
    counts_.lost += segments;
    counts_.dropped += segments;
  }
  const SegmentCounts& counts() const { return counts_; }
  void reset_counts() { counts_ = {}; }

  Duration delay() const { return shape_.rtt / 2; }
  // What may wait for serialisation: a bandwidth-delay product, at least 100 ms and 1 MB, at most 10,000 full packets.
  std::int64_t queue_limit_bytes() const;

 private:
  bool serialise(Time now, std::uint32_t bytes);  // false: no room
  Time due(Time serialised);

  LinkShape shape_;
  RandomStream loss_;
  RandomStream jitter_;
  Time free_at_ = 0;            // when the last segment accepted is serialised
  std::int64_t remainder_ = 0;  // of that instant, in 1/bandwidth ns
  Time last_due_ = 0;
  bool cut_ = false;
  SegmentCounts counts_;
};

}  // namespace meshtwin
