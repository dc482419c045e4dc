// Two processes that wake each other through a pair of eventfds: what is left of an echo without any network; as fast
// as they can, and after pauses that leave a core idle.

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
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
constexpr int kWakesAfterPause = 40;

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

// Signals with a stamp, after pauses; the other says how much later it ran.
class PausedSignals {
 public:
  PausedSignals(int to, std::atomic<std::int64_t>& stamp, std::atomic<std::int64_t>& delay)
      : to_(to), stamp_(stamp), delay_(delay) {}

  // Medians of the delay.
  double after(Duration pause, int count) {
    std::vector<double> delays;
    for (int i = 0; i < count; ++i) {
      wait(pause);
      signal_event(own_.get());  // what signalling itself takes when cold is not the other's delay
      take_event(own_.get());
      delay_ = -1;
      stamp_ = monotonic_now();
      signal_event(to_);
      while (delay_ < 0) wait(100 * kMicrosecond);
      delays.push_back(static_cast<double>(delay_));
    }
    return median(std::move(delays));
  }

 private:
  void wait(Duration time) {
    if (time == 0) return;
    const Timer timer = clock_.after(time, [this] { loop_.stop(); });
    loop_.run();
  }

  const int to_;
  std::atomic<std::int64_t>& stamp_;
  std::atomic<std::int64_t>& delay_;
  const Fd own_ = event_fd();
  EventLoop loop_;
  EmuClock clock_{loop_, 0};
};

void take_delays(Fd from, std::atomic<std::int64_t>& stamp, std::atomic<std::int64_t>& delay) {
  EventLoop loop;
  FdWatch watch(loop, std::move(from));
  Callback wait = [&] {
    watch.when_readable([&] {
      delay = monotonic_now() - stamp;
      take_event(watch.fd());
      wait();
    });
  };
  wait();
  loop.run();
}

void measure_pauses(double effort, WakeFigures& figures) {
  Fd there = event_fd();
  const SharedValue<std::atomic<std::int64_t>> stamp;
  const SharedValue<std::atomic<std::int64_t>> delay;
  MeasuredProcess woken(
      -1, [&](const Fd&) { take_delays(std::move(there), *stamp, *delay); }, Core::second_core);
  const auto ask = [&](const Fd& report) {
    PausedSignals signals(there.get(), *stamp, *delay);
    WakeFigures paused;
    const int count = std::max(10, static_cast<int>(kWakesAfterPause * effort));
    for (std::size_t i = 0; i < kAges.size(); ++i) {
      const Usage before = usage_of(woken.pid());
      paused.delay[i] = signals.after(kAges[i], count);
      paused.delay_cpu[i] = static_cast<double>(usage_of(woken.pid()).cpu - before.cpu) / count;
    }
    report_value(report, paused);
  };
  MeasuredProcess asking(-1, ask, Core::first_core);
  const auto paused = asking.read<WakeFigures>();
  figures.delay = paused.delay;
  figures.delay_cpu = paused.delay_cpu;
}

}  // namespace

WakeFigures measure_wake_ups(double effort) {
  Fd there = event_fd();
  Fd back = event_fd();
  MeasuredProcess answering(
      -1, [&](const Fd&) { Waker(std::move(there), back.get()).answer_forever(); }, Core::second_core);
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
    report_value(report, WakeFigures{figures[1], figures[0], {}, {}});
  };
  MeasuredProcess asking(-1, ask, Core::first_core);
  auto figures = asking.read<WakeFigures>();
  measure_pauses(effort, figures);
  return figures;
}

}  // namespace meshtwin
