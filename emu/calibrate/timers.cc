// Many timers of 1 to 20 ms on one clock, as a busy role holds them.

#include <algorithm>
#include <vector>

#include "emu/calibrate/blocks.h"
#include "emu/calibrate/process.h"
#include "emu/calibrate/small_work.h"
#include "emu/emu_clock.h"
#include "emu/event_loop.h"

namespace meshtwin {
namespace {

constexpr int kTimers = 10;
constexpr int kBlocks = 20;
constexpr Duration kBlock = 50 * kMillisecond;

class TimerLoad {
 public:
  TimerLoad() : timers_(kTimers) {
    for (std::size_t i = 0; i < timers_.size(); ++i) set(i);
  }

  // The median lateness and, for each timer that fired, processor time and sleeps.
  std::vector<double> block() {
    lateness_.clear();
    const Usage before = usage_of(0);
    Timer end = clock_.after(kBlock, [this] { loop_.stop(); });
    loop_.run();
    const Usage after = usage_of(0);
    const auto fired = static_cast<double>(lateness_.size() + 1);
    return {median(lateness_), static_cast<double>(after.cpu - before.cpu) / fired,
            static_cast<double>(after.sleeps - before.sleeps) / fired, static_cast<double>(kBlock) / fired};
  }

 private:
  // Delays that share no divisor, so that nearly every timer wakes the process by itself.
  void set(std::size_t i) {
    const Duration delay =
        kMillisecond + static_cast<Duration>(i) * (19 * kMillisecond / kTimers) + static_cast<Duration>(i) * 7919;
    const std::int64_t due = monotonic_now() + delay;
    timers_[i] = clock_.after(delay, [this, i, due] {
      lateness_.push_back(static_cast<double>(monotonic_now() - due));
      set(i);
    });
  }

  EventLoop loop_;
  EmuClock clock_{loop_, 0};
  std::vector<Timer> timers_;
  std::vector<double> lateness_;
};

}  // namespace

TimerFigures measure_timers(double effort) {
  MeasuredProcess process(-1, [&](const Fd& report) {
    TimerLoad load;
    std::vector<std::vector<double>> blocks;
    for (int i = 0; i < std::max(4, static_cast<int>(kBlocks * effort)); ++i) blocks.push_back(load.block());
    const std::vector<double> figures = quiet_medians(std::move(blocks));
    report_value(report, TimerFigures{figures[1], figures[2], figures[0], static_cast<Duration>(figures[3])});
  });
  return process.read<TimerFigures>();
}

}  // namespace meshtwin
