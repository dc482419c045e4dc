#include "emu/link/wake_policy.h"

#include <algorithm>

namespace meshtwin {

void WakePolicy::refill(Time now) {
  const auto passed = static_cast<double>(std::max<Duration>(0, now - refilled_at_));
  allowance_ = std::min<double>(kLargestAllowance, allowance_ + passed * kSpinShare);
  refilled_at_ = now;
}

Duration WakePolicy::lead(Time now) {
  refill(now);
  return static_cast<Duration>(allowance_ > 0 ? worst_late_ : usual_late_);
}

void WakePolicy::woke(Duration late) {
  // A step up weighs against a step down as the share of wakes above the quantile against those below.
  constexpr double kStep = kMicrosecond;
  usual_late_ += late > usual_late_ ? kStep : -kStep;
  worst_late_ += late > worst_late_ ? 19 * kStep : -kStep;
  usual_late_ = std::clamp<double>(usual_late_, 0, kLongestLead);
  worst_late_ = std::clamp<double>(worst_late_, 0, kLongestLead);
}

void WakePolicy::spun(Time now, Duration time) {
  refill(now);
  allowance_ -= static_cast<double>(time);
}

bool RealtimeGuard::observe(Time now, Duration processor_time) {
  const Duration passed = now - window_begin_;
  if (passed < kWindow) return false;
  const double busy = static_cast<double>(processor_time - used_at_begin_) / static_cast<double>(passed);
  window_begin_ = now;
  used_at_begin_ = processor_time;
  const bool before = allowed_;
  if (busy > kGiveBack) allowed_ = false;
  if (busy < kTake) allowed_ = true;
  return allowed_ != before;
}

}  // namespace meshtwin
