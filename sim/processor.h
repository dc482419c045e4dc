#pragma once

// N cores and one run queue of tasks, first in, first out. A task is a role's only thread: what happens to it waits in
// its mailbox as work items. When an item comes to an idle task and a core is free, the task runs at once, in the event
// that brought the item: its *cursor* starts at the event's time (later by the wake-up latency, and by the CPU of
// waking up) and every charge moves it on, the more the longer ago the task did the same last; whatever the task sends
// leaves at the cursor. Task and core are then held until the cursor's end, for which no event is spent unless
// something waits for it. Items that come meanwhile are a batch: no further wake-up. A task with more to do gives its
// core up to others after a slice.
//
// Of the free cores the one that idled least takes a task: Linux wakes it near its waker, where the cache is warm.
//
// What a task does in a turn after a sleep is dearer the more processor time others have used since its last turn, and
// by factors drawn for the turn and for the burst of turns between two times when no core has anything to do; the
// wake-up latency has a part by chance, too: as the profile says.
//
// A burn is plain work, beside its owner's thread. It holds a core until it is done; a waiting task takes the core from
// it at the next multiple of kPreemptAfter (Linux lets a task that slept run before one that computes), a waiting burn
// at the next multiple of kBurnQuantum, and it goes to the end of the run queue.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mesh/base/random.h"
#include "mesh/runtime/cost_profile.h"
#include "sim/event_queue.h"
#include "sim/ring.h"

namespace meshtwin {

// A call without allocation: object and token say on what.
struct WorkItem {
  void (*run)(void* object, std::uint64_t token) = nullptr;
  void* object = nullptr;
  std::uint64_t token = 0;
};

class Processor;

// What can wait for a core.
struct Runnable {
  bool is_burn = false;
};

class Task : public Runnable {
 public:
  // `chance`: of what its turns take longer than usual.
  Task(Processor& processor, RandomStream chance, bool urgent = false)
      : processor_(&processor), chance_(chance), urgent_(urgent) {
    last_done_.fill(kNever);
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  bool running() const { return running_; }
  Time now() const;  // the cursor while it runs, else the queue's time
  void charge(Operation operation, std::int64_t amount);
  void spend(Duration cpu);
  void post(WorkItem item);
  void forget_all() { mailbox_.clear(); }  // its role is no more
  void forget(const void* object);         // takes back what was posted for it
  Duration cpu() const { return cpu_; }
  void reset_cpu() { cpu_ = 0; }
  Processor& processor() { return *processor_; }

 private:
  friend class Processor;
  static constexpr Time kNever = -(Time{1} << 60);
  void begin_turn();
  Duration others_since() const;  // processor time of others since its last turn

  Processor* processor_;
  RandomStream chance_;
  std::int64_t dearer_ = 1024;  // by what this turn is, in 1024ths
  Duration others_before_ = 0;  // processor time of others until its last turn's end
  Ring<WorkItem, 2> mailbox_;
  Time cursor_ = 0;
  Duration cpu_ = 0;
  Duration cpu_used_ = 0;  // since the beginning
  std::array<Time, kOperationCount> last_done_;
  bool urgent_;  // goes to the head of the run queue (a real-time priority)
  bool running_ = false;
  bool queued_ = false;     // in the run queue
  bool preempted_ = false;  // is queued because its slice was over
};

class Processor {
 public:
  static constexpr Duration kSlice = 1 * kMillisecond;
  static constexpr Duration kPreemptAfter = 100 * kMicrosecond;
  static constexpr Duration kBurnQuantum = 3 * kMillisecond;
  static constexpr Duration kBurstEnds = 100 * kMicrosecond;  // all cores idle for so long

  // `profile` outlives the processor. `chance`: of what bursts of turns take longer than usual.
  Processor(EventQueue& queue, const CostProfile& profile, std::uint32_t cores, RandomStream chance);
  ~Processor();

  // `done` is posted to `owner` when the work has had its time.
  std::uint64_t burn(Task& owner, Duration work, WorkItem done);
  void abandon(std::uint64_t burn);  // of one that is done: nothing happens

  EventQueue& queue() { return queue_; }
  const CostProfile& profile() const { return profile_; }
  std::uint32_t cores() const { return static_cast<std::uint32_t>(cores_.size()); }
  // Core time held since the last reset, over all cores.
  Duration busy() const { return busy_; }
  void reset_busy() { busy_ = 0; }

 private:
  friend class Task;
  struct Burn : Runnable {
    std::uint64_t id = 0;
    Task* owner = nullptr;
    Duration remaining = 0;
    WorkItem done;
  };
  struct Core {
    Time busy_until = 0;   // of the task run last; a burn's end
    Task* task = nullptr;  // run last
    Burn* burn = nullptr;  // running now
    Time began = 0;        // the slice's or the burn's turn's begin
    EventKey boundary = 0;
  };

  void post(Task& task, WorkItem item);
  bool is_free(const Core& core) const;
  Core* free_core();
  void dispatch(Core& core);
  void note_burst();
  enum class Start { woken, waited, goes_on };
  void run(Core& core, Task& task, Start how);
  void run_burn(Core& core, Burn& burn);
  void stop_burn(Core& core);
  void enqueue(Task& task);
  void boundary(Core& core);
  void want_boundary(Core& core);
  void want_core();
  Time next_boundary(const Core& core) const;
  void account(Duration cpu) {
    busy_ += cpu;
    used_ += cpu;
  }
  // By what an operation of that age is dearer, in 1024ths; the latency of waking up on a core that idled so long.
  std::int64_t cold(Duration age) const { return cold_(age); }
  Duration wake_up_latency(Duration idle, RandomStream& chance) const;

  EventQueue& queue_;
  const CostProfile& profile_;
  const LogTable cold_;
  const LogTable idle_exit_;
  const LogTable displaced_;
  const QuantileTable turn_spread_;
  const QuantileTable burst_spread_;
  RandomStream chance_;
  std::int64_t burst_dearer_ = 1024;        // by what this burst's turns are, in 1024ths
  std::vector<QuantileTable> wake_spread_;  // as the profile's
  std::vector<Core> cores_;
  Ring<Runnable*> run_queue_;
  std::map<std::uint64_t, std::unique_ptr<Burn>> burns_;
  std::uint64_t next_burn_ = 1;
  Duration busy_ = 0;
  Duration used_ = 0;  // core time held since the beginning
};

inline Time Task::now() const {
  return running_ ? cursor_ : processor_->queue().now();
}

inline void Task::spend(Duration cpu) {
  cpu_ += cpu;
  cpu_used_ += cpu;
  processor_->account(cpu);
  if (running_) cursor_ += cpu;
}

inline void Task::charge(Operation operation, std::int64_t amount) {
  if (!running_) return;
  Time& last = last_done_[static_cast<std::size_t>(operation)];
  const std::int64_t factor = processor_->cold(cursor_ - last);
  last = cursor_;
  spend(cost_of(processor_->profile(), operation, amount) * factor * dearer_ >> 20);
}

inline void Task::post(WorkItem item) {
  processor_->post(*this, item);
}

}  // namespace meshtwin
