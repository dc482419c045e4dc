#pragma once

// When to wake for a release, and for how long to spin before it. A timer fires late by tens of microseconds, so the
// link wakes early, by what its own timers have lately been late, and spins the rest. Spinning is paid from an
// allowance that grows with time: a link with little to do releases nearly every packet on time, one with much to do
// falls back to plain timers, and no more than `kSpinShare` of a core is ever spent waiting. Likewise real-time
// priority is given back while the process is busy, because the kernel stalls a real-time thread that is never idle.
// Time is an argument.

#include "mesh/base/time.h"

namespace meshtwin {

class WakePolicy {
 public:
  static constexpr Duration kLongestLead = 200 * kMicrosecond;
  static constexpr double kSpinShare = 0.10;
  static constexpr Duration kLargestAllowance = 2 * kMillisecond;

  // How long before the instant of a release to wake.
  Duration lead(Time now);
  void woke(Duration late);            // a timer fired this much after it should have
  void spun(Time now, Duration time);  // waited awake

 private:
  void refill(Time now);

  double usual_late_ = 50 * kMicrosecond;   // median, by small steps
  double worst_late_ = 120 * kMicrosecond;  // 95th percentile
  double allowance_ = kLargestAllowance;
  Time refilled_at_ = 0;
};

// Whether a thread may be a real-time one, judged by the processor time it used in each window.
class RealtimeGuard {
 public:
  static constexpr Duration kWindow = 100 * kMillisecond;
  static constexpr double kGiveBack = 0.8;  // busier than this: an ordinary thread
  static constexpr double kTake = 0.5;      // less busy than this: real-time again

  // True when the answer of `allowed` has changed.
  bool observe(Time now, Duration processor_time);
  bool allowed() const { return allowed_; }

 private:
  Time window_begin_ = 0;
  Duration used_at_begin_ = 0;
  bool allowed_ = true;
};

}  // namespace meshtwin
