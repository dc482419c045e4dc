#pragma once

// The emulator's Runtime and Network with a counter on each: how often a role reads, writes, dials, is woken by a
// timer, and what it charges. Counted at the same places where the simulator charges, so that what a role spends beyond
// its sockets and timers can be told apart.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"
#include "mesh/runtime/network.h"

namespace meshtwin {

// Written by one process, read by another.
struct OperationCounts {
  std::array<std::atomic<std::uint64_t>, kOperationCount> calls{};
  std::array<std::atomic<std::uint64_t>, kOperationCount> amounts{};

  void add(Operation operation, std::int64_t amount) {
    const auto place = static_cast<std::size_t>(operation);
    calls[place].fetch_add(1, std::memory_order_relaxed);
    amounts[place].fetch_add(static_cast<std::uint64_t>(amount), std::memory_order_relaxed);
  }
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
  CountedClock(Clock& clock, OperationCounts& counts) : clock_(clock), counts_(counts) {}
  Time now() const override { return clock_.now(); }
  Timer after(Duration delay, Callback then) override;

 private:
  void cancel(std::uint64_t) override {}  // its timers are the inner clock's

  Clock& clock_;
  OperationCounts& counts_;
};

class CountedNetwork final : public Network {
 public:
  CountedNetwork(Network& network, OperationCounts& counts) : network_(network), counts_(counts) {}
  Handle listen(SocketAddress at, AcceptHandler on_accept) override;
  Handle dial(SocketAddress to, const DialOptions& options, DialHandler then) override;
  Handle resolve(std::string_view name, ResolveHandler then) override {
    return network_.resolve(name, std::move(then));
  }

 private:
  Network& network_;
  OperationCounts& counts_;
};

}  // namespace meshtwin
