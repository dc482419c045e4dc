#include "sim/processor.h"

#include <algorithm>
#include <cassert>

namespace meshtwin {

Processor::Processor(EventQueue& queue, const CostProfile& profile, std::uint32_t cores, RandomStream chance)
    : queue_(queue),
      profile_(profile),
      cold_(profile.cold, 1, 1.0 / 1024),
      idle_exit_(profile.idle_exit, 0, 1),
      displaced_(profile.displaced, 1, 1.0 / 1024),
      turn_spread_(profile.turn_spread, 1, 1.0 / 1024),
      burst_spread_(profile.burst_spread, 1, 1.0 / 1024),
      chance_(chance),
      cores_(std::max(cores, 1u)) {
  for (const WakeSpread& spread : profile.wake_spread) wake_spread_.emplace_back(spread.ns, 0, 1);
}

Processor::~Processor() {
  for (Core& core : cores_) queue_.cancel(core.boundary);
}

Duration Processor::wake_up_latency(Duration idle, RandomStream& chance) const {
  const Duration usual = profile_.wake_up_latency + idle_exit_(idle);
  if (wake_spread_.empty()) return usual;
  std::size_t place = 0;
  while (place + 1 < wake_spread_.size() && profile_.wake_spread[place].idle < idle) ++place;
  return std::max<Duration>(usual + wake_spread_[place](chance.bits()), 0);
}

Duration Task::others_since() const {
  return processor_->used_ - cpu_used_ - others_before_;
}

void Task::begin_turn() {
  dearer_ = processor_->displaced_(others_since()) * processor_->burst_dearer_ >> 10;
  if (!processor_->profile().turn_spread.empty()) dearer_ = dearer_ * processor_->turn_spread_(chance_.bits()) >> 10;
}

void Task::forget(const void* object) {
  for (std::size_t left = mailbox_.size(); left > 0; --left) {
    const WorkItem item = mailbox_.pop_front();
    if (item.object != object) mailbox_.push_back(item);
  }
}

bool Processor::is_free(const Core& core) const {
  return core.burn == nullptr && core.busy_until <= queue_.now() && core.boundary == 0;
}

Processor::Core* Processor::free_core() {
  if (!run_queue_.empty()) return nullptr;  // others came first
  Core* best = nullptr;
  for (Core& core : cores_) {
    if (is_free(core) && (best == nullptr || core.busy_until > best->busy_until)) best = &core;
  }
  return best;
}

void Processor::post(Task& task, WorkItem item) {
  task.mailbox_.push_back(item);
  if (task.running_ || task.queued_ || task.mailbox_.size() > 1) return;  // it will get there
  if (task.cursor_ > queue_.now()) {
    for (Core& core : cores_) {
      if (core.task == &task && core.busy_until == task.cursor_) return want_boundary(core);
    }
    assert(false && "a busy task is on a core");
  }
  if (Core* core = free_core()) return run(*core, task, Start::woken);
  enqueue(task);
  want_core();
}

void Processor::enqueue(Task& task) {
  task.queued_ = true;
  if (task.urgent_) {
    run_queue_.push_front(&task);
  } else {
    run_queue_.push_back(&task);
  }
}

// A turn begins: is it the first of a burst?
void Processor::note_burst() {
  if (profile_.burst_spread.empty()) return;
  Time last = 0;
  for (const Core& core : cores_) last = std::max(last, core.burn != nullptr ? queue_.now() : core.busy_until);
  if (queue_.now() - last >= kBurstEnds) burst_dearer_ = burst_spread_(chance_.bits());
}

void Processor::run(Core& core, Task& task, Start how) {
  const Time now = queue_.now();
  task.running_ = true;
  task.cursor_ = now;
  if (how != Start::goes_on) {
    core.began = now;
    if (how == Start::woken) note_burst();
    // Waiting for a core covers it.
    if (how == Start::woken) task.cursor_ += wake_up_latency(now - core.busy_until, task.chance_);
    if (!task.preempted_) {
      task.begin_turn();
      task.charge(Operation::wake_up, 1);
    }
    task.preempted_ = false;
  }
  core.task = &task;
  while (!task.mailbox_.empty()) {
    const WorkItem item = task.mailbox_.pop_front();
    item.run(item.object, item.token);
    if (task.cursor_ - core.began >= kSlice) break;
  }
  task.running_ = false;
  task.others_before_ = used_ - task.cpu_used_;
  core.busy_until = task.cursor_;
  if (!task.mailbox_.empty() || !run_queue_.empty()) want_boundary(core);
}

void Processor::run_burn(Core& core, Burn& burn) {
  core.burn = &burn;
  core.began = queue_.now();
  core.busy_until = queue_.now() + burn.remaining;
  want_boundary(core);
}

// Takes the core from its burn, accounting what the burn had.
void Processor::stop_burn(Core& core) {
  Burn& burn = *core.burn;
  const Duration had = queue_.now() - core.began;
  burn.remaining -= had;
  burn.owner->cpu_ += had;
  account(had);
  core.burn = nullptr;
  core.busy_until = queue_.now();
}

Time Processor::next_boundary(const Core& core) const {
  if (core.burn == nullptr || run_queue_.empty()) return std::max(core.busy_until, queue_.now());
  const bool task_waits = !run_queue_.front()->is_burn;
  const Duration quantum = task_waits ? kPreemptAfter : kBurnQuantum;
  const Duration turns = std::max<Duration>((queue_.now() - core.began + quantum - 1) / quantum, 1);
  return std::min(core.busy_until, core.began + turns * quantum);
}

void Processor::want_boundary(Core& core) {
  const Time at = next_boundary(core);
  if (queue_.pending(core.boundary)) {
    if (queue_.time_of(core.boundary) <= at) return;
    queue_.cancel(core.boundary);
  }
  core.boundary = queue_.schedule(at, [this, &core] {
    core.boundary = 0;
    boundary(core);
  });
}

// Something waits for a core: look again when the first may be had.
void Processor::want_core() {
  Core* first = &cores_.front();
  for (Core& core : cores_) {
    if (next_boundary(core) < next_boundary(*first)) first = &core;
  }
  want_boundary(*first);
}

void Processor::boundary(Core& core) {
  const Time now = queue_.now();
  if (core.burn != nullptr) {
    Burn& burn = *core.burn;
    if (now < core.busy_until && run_queue_.empty()) return want_boundary(core);
    stop_burn(core);
    if (burn.remaining > 0) {
      run_queue_.push_back(&burn);
    } else {
      Task& owner = *burn.owner;
      const WorkItem done = burn.done;
      burns_.erase(burn.id);
      // Its owner goes on where it left off, before whoever waits.
      const bool idle = !owner.queued_ && owner.mailbox_.empty() && owner.cursor_ <= now;
      if (idle) {
        owner.mailbox_.push_back(done);
        run(core, owner, Start::woken);
      } else {
        owner.post(done);
      }
    }
  } else if (core.task != nullptr && core.busy_until <= now && core.task->cursor_ == core.busy_until &&
             !core.task->queued_ && !core.task->mailbox_.empty()) {
    if (run_queue_.empty() || now - core.began < kSlice) {
      if (now - core.began >= kSlice) core.began = now;
      run(core, *core.task, Start::goes_on);
    } else {
      core.task->preempted_ = true;
      enqueue(*core.task);
    }
  }
  dispatch(core);
}

void Processor::dispatch(Core& core) {
  while (!run_queue_.empty() && is_free(core)) {
    Runnable* next = run_queue_.pop_front();
    if (next->is_burn) {
      run_burn(core, static_cast<Burn&>(*next));
      continue;
    }
    Task& task = static_cast<Task&>(*next);
    task.queued_ = false;
    if (!task.mailbox_.empty()) run(core, task, Start::waited);
  }
  if (!run_queue_.empty()) want_core();
}

std::uint64_t Processor::burn(Task& owner, Duration work, WorkItem done) {
  const std::uint64_t id = next_burn_++;
  auto burn = std::make_unique<Burn>();
  burn->is_burn = true;
  burn->id = id;
  burn->owner = &owner;
  burn->remaining = std::max<Duration>(work, 0);
  burn->done = done;
  // It starts when its owner's cursor gets there, by an event of its own.
  queue_.schedule(owner.now(), [this, id] {
    const auto found = burns_.find(id);
    if (found == burns_.end()) return;
    if (Core* core = free_core()) return run_burn(*core, *found->second);
    run_queue_.push_back(found->second.get());
    want_core();
  });
  burns_.emplace(id, std::move(burn));
  return id;
}

void Processor::abandon(std::uint64_t id) {
  const auto found = burns_.find(id);
  if (found == burns_.end()) return;
  Burn* burn = found->second.get();
  for (Core& core : cores_) {
    if (core.burn != burn) continue;
    stop_burn(core);
    if (!run_queue_.empty()) want_boundary(core);
    if (queue_.pending(core.boundary) && queue_.time_of(core.boundary) > queue_.now()) {
      queue_.cancel(core.boundary);
      core.boundary = 0;
      if (!run_queue_.empty()) want_boundary(core);
    }
  }
  for (std::size_t left = run_queue_.size(); left > 0; --left) {
    Runnable* waiting = run_queue_.pop_front();
    if (waiting != burn) run_queue_.push_back(waiting);
  }
  burns_.erase(found);
}

}  // namespace meshtwin
