#include "emu/emu_clock.h"

#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cassert>

namespace meshtwin {

EmuClock::EmuClock(EventLoop& loop, std::int64_t time_zero)
    : time_zero_(time_zero),
      timer_(loop, Fd(checked(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create"))) {
  wait();
}

Time EmuClock::unix_zero() const {
  timespec wall{};
  checked(clock_gettime(CLOCK_REALTIME, &wall), "read the host's clock");
  return wall.tv_sec * kSecond + wall.tv_nsec - now();
}

Timer EmuClock::after(Duration delay, Callback then) {
  assert(delay >= 0);
  const Key key{monotonic_now() + delay, ++last_id_};
  queue_.emplace(key, std::move(then));
  due_of_.emplace(key.id, key.due);
  if (armed_for_ == 0 || key.due < armed_for_) arm();
  return Timer(*this, key.id);
}

void EmuClock::cancel(std::uint64_t timer_id) {
  const auto found = due_of_.find(timer_id);
  if (found == due_of_.end()) return;
  // The callback dies last: what it owns may cancel further timers.
  auto node = queue_.extract(Key{found->second, timer_id});
  due_of_.erase(found);
}

void EmuClock::wait() {
  timer_.when_readable([this] { fire(); });
}

void EmuClock::fire() {
  std::uint64_t expirations = 0;
  [[maybe_unused]] const auto n = ::read(timer_.fd(), &expirations, sizeof expirations);
  armed_for_ = 0;
  wait();
  // Timers made meanwhile are due later than `now` and wait for the next round, so that descriptors get their turn.
  const std::int64_t now = monotonic_now();
  while (!queue_.empty() && queue_.begin()->first.due <= now) {
    auto node = queue_.extract(queue_.begin());
    due_of_.erase(node.key().id);
    node.mapped()();
  }
  arm();
}

void EmuClock::arm() {
  if (queue_.empty()) return;
  const std::int64_t due = queue_.begin()->first.due;
  if (due == armed_for_) return;
  armed_for_ = due;
  itimerspec when{};
  when.it_value.tv_sec = due / kSecond;
  when.it_value.tv_nsec = due % kSecond;
  checked(timerfd_settime(timer_.fd(), TFD_TIMER_ABSTIME, &when, nullptr), "timerfd_settime");
}

}  // namespace meshtwin
