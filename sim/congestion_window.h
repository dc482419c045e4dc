#pragma once

// How many segments a TCP sender may have under way, as Linux's default (CUBIC) decides: 10 at first, one more for each
// acknowledged segment in slow start, then W(t) = W_max + 0.4 (t-K)^3 with K = cbrt(0.3 W_max / 0.4), at least as fast
// as Reno; 0.7 of it after a loss found by acknowledgements, 1 after a retransmission timeout; halved for each timeout
// that an idle connection has been silent, down to 10. It grows only while it is what limits the sender.

#include <algorithm>
#include <cstdint>

#include "mesh/base/time.h"

namespace meshtwin {

inline constexpr std::uint32_t kSegment = 1448;      // payload bytes of a full segment
inline constexpr std::uint32_t kInitialWindow = 10;  // segments
inline constexpr Duration kRtoMin = 200 * kMillisecond;
inline constexpr Duration kRtoMax = 120 * kSecond;
inline constexpr Duration kSynTimeout = 1 * kSecond;  // doubled at each of kSynRetries
inline constexpr int kSynRetries = 6;
inline constexpr int kRetries = 15;  // of a segment; then the connection is given up

class CongestionWindow {
 public:
  std::uint32_t segments() const { return window_; }
  bool slow_start() const { return window_ < threshold_; }

  void acknowledged(std::uint32_t segments, Time now, Duration srtt, bool was_limit);
  void loss();  // found by selective acknowledgement or a tail loss probe
  void timeout();
  void idle(Duration silent, Duration rto);

 private:
  void reduce();
  void avoid_congestion(std::uint32_t segments, Time now, Duration srtt);

  std::uint32_t window_ = kInitialWindow;
  std::uint32_t threshold_ = ~std::uint32_t{0};
  double fraction_ = 0;  // of the next segment, earned in congestion avoidance
  double w_max_ = 0;
  double k_s_ = 0;
  double reno_ = 0;  // what Reno's window would be
  Time epoch_ = -1;  // when congestion avoidance began; -1: not yet
};

// Linux's timers. The deviation's floor (200 ms) outweighs everything else on the paths modelled here.
inline Duration retransmission_timeout(Duration srtt, int backoff) {
  return std::min((srtt + kRtoMin) << std::min(backoff, 10), kRtoMax);
}
// Tail loss probe: 2 srtt + 2 jiffies (250 Hz) when more than one segment is out; a lone segment's probe would come 200
// ms later than that, so its retransmission timeout comes first.
inline Duration tail_loss_probe(Duration srtt, std::uint32_t segments_out) {
  const Duration rto = retransmission_timeout(srtt, 0);
  return segments_out > 1 ? std::min(2 * srtt + 8 * kMillisecond, rto) : rto;
}

}  // namespace meshtwin
