#pragma once

// What the simulator gives a role of the Runtime seam: a clock that shows the role's CPU cursor, and the Processor.
// Timers are slots with a generation, so that one cancelled between its due time and its turn in the mailbox still
// never fires.

#include <cstdint>
#include <vector>

#include "mesh/runtime/chance.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"
#include "mesh/runtime/runtime.h"
#include "sim/processor.h"

namespace meshtwin {

// Where the run's time zero lies on the queue's axis.
struct TimeOrigin {
  Time zero = 0;
};

// A clock over the event queue; with a task, of that task.
class SimClock : public Clock {
 public:
  SimClock(EventQueue& queue, const TimeOrigin& origin, Task* task = nullptr)
      : queue_(queue), origin_(origin), task_(task) {}

  Time now() const override { return absolute() - origin_.zero; }
  Time unix_zero() const override { return kModelledUnixZero; }
  Timer after(Duration delay, Callback then) override;

 protected:
  void cancel(std::uint64_t timer_id) override;

 private:
  struct Slot {
    Callback then;
    EventKey event = 0;
    std::uint32_t generation = 0;
    bool armed = false;
  };

  Time absolute() const { return task_ != nullptr ? task_->now() : queue_.now(); }
  void due(std::uint64_t id);
  void fire(std::uint64_t id);
  Slot* armed(std::uint64_t id);

  EventQueue& queue_;
  const TimeOrigin& origin_;
  Task* task_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

class SimCpu : public Cpu {
 public:
  explicit SimCpu(Task& task) : task_(task) {}

  void charge(Operation operation, std::int64_t amount) override { task_.charge(operation, amount); }
  Handle burn(Duration work, Callback done) override;

 private:
  class Computation;
  Task& task_;
};

}  // namespace meshtwin
