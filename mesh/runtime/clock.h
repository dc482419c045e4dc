#pragma once

// Time as a role sees it. In the simulator it is virtual and moves with what the role has charged to its CPU; in the
// emulator it is the host's monotonic clock since the run's start.

#include <cstdint>
#include <utility>

#include "mesh/base/function.h"
#include "mesh/base/time.h"

namespace meshtwin {

class Clock;

inline constexpr Time kModelledUnixZero = 1'767'225'600 * kSecond;  // 2026-01-01

// A pending call. Destroying or cancelling it before it fires means that it never does.
class Timer {
 public:
  Timer() = default;
  Timer(Clock& clock, std::uint64_t id) : clock_(&clock), id_(id) {}
  Timer(Timer&& other) noexcept : clock_(std::exchange(other.clock_, nullptr)), id_(other.id_) {}
  Timer& operator=(Timer&& other) noexcept {
    cancel();
    clock_ = std::exchange(other.clock_, nullptr);
    id_ = other.id_;
    return *this;
  }
  ~Timer() { cancel(); }

  void cancel();

 private:
  Clock* clock_ = nullptr;
  std::uint64_t id_ = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;

  virtual Time now() const = 0;
  // The Unix time, in nanoseconds, of time 0: what certificates' lifetimes are counted in. The simulator's is always
  // the same (kModelledUnixZero), so that nothing depends on the day of the run.
  virtual Time unix_zero() const = 0;
  // Calls `then` once, `delay` (>= 0) from now, never from inside `after`. The clock outlives its timers.
  virtual Timer after(Duration delay, Callback then) = 0;

 protected:
  friend class Timer;
  virtual void cancel(std::uint64_t timer_id) = 0;  // of a timer that has fired already: nothing happens
};

inline void Timer::cancel() {
  if (clock_ != nullptr) std::exchange(clock_, nullptr)->cancel(id_);
}

}  // namespace meshtwin
