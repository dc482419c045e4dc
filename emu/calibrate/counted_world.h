#pragma once

// The emulator's Runtime and Network with a counter on each: how often a role reads, writes, dials, is woken by a
// timer, and what it charges. Counted at the same places where the simulator charges, so that what a role spends beyond
// its sockets and timers can be told apart.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <tuple>

#include "emu/calibrate/measurements.h"
#include "emu/emu_clock.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"
#include "mesh/runtime/network.h"

namespace meshtwin {

// Written by one process, read by another.
class SharedTimeCounts {
 public:
  void add(Duration time) { counts_[bucket_of(time)].fetch_add(1, std::memory_order_relaxed); }
  TimeCounts counts() const;

 private:
  std::array<std::atomic<std::uint32_t>, std::tuple_size_v<TimeCounts>> counts_{};
};

// Likewise.
struct OperationCounts {
  std::array<std::atomic<std::uint64_t>, kOperationCount> calls{};
  std::array<std::atomic<std::uint64_t>, kOperationCount> amounts{};
  // How old the operation was: of each call a part for the two of kAges that it lies between, in millionths.
  std::array<std::array<std::atomic<std::uint64_t>, kAges.size()>, kOperationCount> ages{};
  std::array<std::int64_t, kOperationCount> last_done{};
  SharedTimeCounts hops;  // ChainRoleFigures'
  SharedTimeCounts turns;

  void add(Operation operation, std::int64_t amount);
};

// Tells a role's callbacks after a sleep from those of the same waking: called around each.
class SleepCounter {
 public:
  // `last_write`: when any of the roles that talk to each other wrote last; shared by all of them.
  SleepCounter(OperationCounts& counts, std::atomic<std::int64_t>& last_write)
      : counts_(counts), last_write_(last_write) {}
  template <typename Work>
  void awake(Work&& work, bool by_message) {
    const std::int64_t begun = monotonic_now();
    const bool slept = begun - asleep_since_ > kSleep;
    if (slept) {
      counts_.add(Operation::wake_up, 1);
      if (by_message) counts_.hops.add(begun - last_write_);
    }
    work();
    asleep_since_ = monotonic_now();
    if (slept) counts_.turns.add(asleep_since_ - begun);
  }
  void wrote() { last_write_ = monotonic_now(); }

 private:
  static constexpr Duration kSleep = 15 * kMicrosecond;  // what takes less was no sleep

  OperationCounts& counts_;
  std::atomic<std::int64_t>& last_write_;
  std::int64_t asleep_since_ = monotonic_now();
};

class CountedCpu final : public Cpu {
 public:
  CountedCpu(Cpu& cpu, OperationCounts& counts) : cpu_(cpu), counts_(counts) {}
  void charge(Operation operation, std::int64_t amount) override { counts_.add(operation, amount); }
  Handle burn(Duration work, Callback done) override { return cpu_.burn(work, std::move(done)); }

 private:
  Cpu& cpu_;
  OperationCounts& counts_;
};

class CountedClock final : public Clock {
 public:
  CountedClock(Clock& clock, OperationCounts& counts, SleepCounter& sleeps)
      : clock_(clock), counts_(counts), sleeps_(sleeps) {}
  Time now() const override { return clock_.now(); }
  Time unix_zero() const override { return clock_.unix_zero(); }
  Timer after(Duration delay, Callback then) override;

 private:
  void cancel(std::uint64_t) override {}  // its timers are the inner clock's

  Clock& clock_;
  OperationCounts& counts_;
  SleepCounter& sleeps_;
};

class CountedNetwork final : public Network {
 public:
  CountedNetwork(Network& network, OperationCounts& counts, SleepCounter& sleeps)
      : network_(network), counts_(counts), sleeps_(sleeps) {}
  Handle listen(SocketAddress at, AcceptHandler on_accept) override;
  Handle dial(SocketAddress to, const DialOptions& options, DialHandler then) override;
  Handle resolve(std::string_view name, ResolveHandler then) override {
    return network_.resolve(name, std::move(then));
  }

 private:
  Network& network_;
  OperationCounts& counts_;
  SleepCounter& sleeps_;
};

}  // namespace meshtwin
