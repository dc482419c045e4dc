#pragma once

// The clock of an emulated run: CLOCK_MONOTONIC minus the run's time zero, which every process of the run shares. Time
// zero is known only when all roles are ready; until then the clock runs on an estimate. Timers are kept by monotonic
// time, so setting time zero moves none of them, and fire in the order of their due instants, then of their making.
// Those that are due at once, as most of the engine's are, cost no system call: the loop does them before it sleeps.

#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "emu/event_loop.h"
#include "emu/link/kernel_time.h"
#include "mesh/runtime/clock.h"

namespace meshtwin {

class EmuClock : public Clock {
 public:
  EmuClock(EventLoop& loop, std::int64_t time_zero);
  ~EmuClock() override;

  std::int64_t time_zero() const { return time_zero_; }
  void set_time_zero(std::int64_t monotonic) { time_zero_ = monotonic; }

  Time now() const override { return monotonic_now() - time_zero_; }
  Time unix_zero() const override;
  Timer after(Duration delay, Callback then) override;

 private:
  struct Soon {
    std::int64_t due;
    std::uint64_t id;
    Callback then;  // empty: cancelled
  };
  struct Key {
    std::int64_t due;
    std::uint64_t id;
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  void cancel(std::uint64_t timer_id) override;
  void wait();
  void fire();
  void fire_until(std::int64_t due);
  void fire_soon();
  void finish_soon();
  void call_soon();
  void arm();

  std::int64_t time_zero_;
  std::uint64_t last_id_ = 0;
  std::map<Key, Callback> queue_;
  std::unordered_map<std::uint64_t, std::int64_t> due_of_;
  EventLoop& loop_;
  std::vector<Soon> soon_;  // in their order
  std::size_t soon_done_ = 0;
  std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);
  std::int64_t armed_for_ = 0;  // 0: not armed
  FdWatch timer_;
};

}  // namespace meshtwin
