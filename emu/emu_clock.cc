#include "emu/emu_clock.h"

#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cassert>
#include <utility>

namespace meshtwin {

EmuClock::EmuClock(EventLoop& loop, std::int64_t time_zero)
    : time_zero_(time_zero),
      loop_(loop),
      timer_(loop, Fd(checked(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create"))) {
  wait();
}

// What callbacks own may cancel timers of this.
EmuClock::~EmuClock() {
  const auto soon = std::exchange(soon_, {});
  const auto queue = std::exchange(queue_, {});
}

Time EmuClock::unix_zero() const {
  timespec wall{};
  checked(clock_gettime(CLOCK_REALTIME, &wall), "read the host's clock");
  return wall.tv_sec * kSecond + wall.tv_nsec - now();
}

Timer EmuClock::after(Duration delay, Callback then) {
  assert(delay >= 0);
  const Key key{monotonic_now() + delay, ++last_id_};
  if (delay == 0) {
    soon_.push_back({key.due, key.id, std::move(then)});
    if (soon_.size() == 1) call_soon();
    return Timer(*this, key.id);
  }
  queue_.emplace(key, std::move(then));
  due_of_.emplace(key.id, key.due);
  if (armed_for_ == 0 || key.due < armed_for_) arm();
  return Timer(*this, key.id);
}

void EmuClock::cancel(std::uint64_t timer_id) {
  const auto found = due_of_.find(timer_id);
  if (found == due_of_.end()) {
    for (std::size_t i = soon_.size(); i-- > soon_done_;) {
      if (soon_[i].id != timer_id) continue;
      const Callback dies_last = std::exchange(soon_[i].then, nullptr);
      return;
    }
    return;
  }
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
  // Timers made meanwhile are due later than this and wait for the next round, so that descriptors get their turn.
  fire_until(monotonic_now());
  arm();
}

void EmuClock::fire_until(std::int64_t due) {
  while (!queue_.empty() && queue_.begin()->first.due <= due) {
    auto node = queue_.extract(queue_.begin());
    due_of_.erase(node.key().id);
    node.mapped()();
  }
}

// Those made meanwhile are done in the next turn of the loop.
void EmuClock::fire_soon() {
  const struct Finish {  // also when a callback throws
    EmuClock& clock;
    ~Finish() { clock.finish_soon(); }
  } finish{*this};
  for (std::size_t left = soon_.size(); left > 0; --left) {
    fire_until(soon_[soon_done_].due);
    const Callback then = std::exchange(soon_[soon_done_++].then, nullptr);
    if (then) const_cast<Callback&>(then)();
  }
}

void EmuClock::finish_soon() {
  soon_.erase(soon_.begin(), soon_.begin() + static_cast<std::ptrdiff_t>(soon_done_));
  soon_done_ = 0;
  if (!soon_.empty()) call_soon();
}

void EmuClock::call_soon() {
  loop_.post([this, alive = std::weak_ptr<const bool>(alive_)] {
    if (!alive.expired()) fire_soon();
  });
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
