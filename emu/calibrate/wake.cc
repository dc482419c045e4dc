// Two processes that wake each other through a pair of eventfds: what is left of an echo without any network.

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "emu/calibrate/blocks.h"
#include "emu/calibrate/process.h"
#include "emu/calibrate/small_work.h"
#include "emu/emu_clock.h"
#include "emu/event_loop.h"

namespace meshtwin {
namespace {

constexpr int kBlocks = 40;
constexpr int kWakesOfBlock = 400;

Fd event_fd() {
  return Fd(checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "make an eventfd"));
}

void signal_event(int fd) {
  const std::uint64_t one = 1;
  checked(::write(fd, &one, sizeof one), "write to an eventfd");
}

void take_event(int fd) {
  std::uint64_t count = 0;
  checked(::read(fd, &count, sizeof count), "read an eventfd");
}

// Answers every signal on `in` by one on `out`, or counts down and stops.
class Waker {
 public:
  Waker(Fd in, int out) : in_(loop_, std::move(in)), out_(out) { wait(); }

  void answer_forever() { loop_.run(); }
  std::vector<double> round_trips(int count) {
    times_.clear();
    left_ = count;
    send();
    while (left_ > 0) loop_.run();
    return times_;
  }

 private:
  void wait() {
    in_.when_readable([this] {
      take_event(in_.fd());
      wait();
      if (left_ < 0) return signal_event(out_);
      times_.push_back(static_cast<double>(monotonic_now() - sent_));
      if (--left_ > 0) return send();
      loop_.stop();
    });
  }
  void send() {
    sent_ = monotonic_now();
    signal_event(out_);
  }

  EventLoop loop_;
  FdWatch in_;
  const int out_;
  int left_ = -1;
  std::int64_t sent_ = 0;
  std::vector<double> times_;
};

}  // namespace

WakeFigures measure_wake_ups(double effort) {
  Fd there = event_fd();
  Fd back = event_fd();
  MeasuredProcess answering(
      -1, [&](const Fd&) { Waker(std::move(there), back.get()).answer_forever(); }, Place::second_core);
  const auto ask = [&](const Fd& report) {
    Waker waker(std::move(back), there.get());
    waker.round_trips(kWakesOfBlock);
    std::vector<std::vector<double>> blocks;
    for (int i = 0; i < std::max(4, static_cast<int>(kBlocks * effort)); ++i) {
      const Usage other_before = usage_of(answering.pid());
      const Usage before = usage_of(0);
      const double wall = median(waker.round_trips(kWakesOfBlock));
      const Usage after = usage_of(0);
      const Usage other_after = usage_of(answering.pid());
      const auto cpu = static_cast<double>(after.cpu - before.cpu + other_after.cpu - other_before.cpu);
      blocks.push_back({wall, cpu / kWakesOfBlock / 2});
    }
    const std::vector<double> figures = quiet_medians(std::move(blocks));
    report_value(report, WakeFigures{figures[1], figures[0]});
  };
  MeasuredProcess asking(-1, ask, Place::first_core);
  return asking.read<WakeFigures>();
}

}  // namespace meshtwin
