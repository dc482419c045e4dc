#pragma once

// Says when a stream is to be kept alive and when it has been silent for too long: every `period` it asks for a sign of
// life to be sent, and after two periods in which nothing was heard it gives the stream up.

#include "mesh/runtime/clock.h"

namespace meshtwin {

class KeepaliveTimers {
 public:
  KeepaliveTimers(Clock& clock, Duration period, Callback send, Callback silent)
      : clock_(clock), period_(period), send_(std::move(send)), silent_(std::move(silent)), heard_at_(clock.now()) {
    arm_send();
    arm_silence(2 * period_);
  }

  void heard() { heard_at_ = clock_.now(); }

 private:
  void arm_send() {
    send_timer_ = clock_.after(period_, [this] {
      arm_send();
      send_();
    });
  }
  void arm_silence(Duration in) {
    silence_timer_ = clock_.after(in, [this] {
      const Duration left = heard_at_ + 2 * period_ - clock_.now();
      if (left > 0) {
        arm_silence(left);
      } else {
        silent_();  // may destroy this
      }
    });
  }

  Clock& clock_;
  const Duration period_;
  Callback send_;
  Callback silent_;
  Time heard_at_;
  Timer send_timer_;
  Timer silence_timer_;
};

}  // namespace meshtwin
