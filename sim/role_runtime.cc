#include "sim/role_runtime.h"

#include <algorithm>
#include <cassert>

namespace meshtwin {

Timer SimClock::after(Duration delay, Callback then) {
  assert(delay >= 0);
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t place = free_.back();
  free_.pop_back();
  Slot& slot = slots_[place];
  slot.then = std::move(then);
  slot.armed = true;
  const std::uint64_t id = (std::uint64_t{++slot.generation} << 32) | place;
  const Duration late = task_ != nullptr ? task_->processor().profile().timer_lateness : 0;
  slot.event = queue_.schedule(absolute() + delay + late, [this, id] { due(id); });
  return Timer(*this, id);
}

SimClock::Slot* SimClock::armed(std::uint64_t id) {
  Slot& slot = slots_[id & 0xffffffff];
  return slot.armed && slot.generation == id >> 32 ? &slot : nullptr;
}

void SimClock::cancel(std::uint64_t timer_id) {
  Slot* slot = armed(timer_id);
  if (slot == nullptr) return;
  queue_.cancel(slot->event);
  slot->armed = false;
  free_.push_back(static_cast<std::uint32_t>(timer_id & 0xffffffff));
  const Callback unused = std::move(slot->then);  // may own more timers: destroyed when the slot is in order
}

void SimClock::due(std::uint64_t id) {
  if (task_ == nullptr) return fire(id);
  task_->post({[](void* clock, std::uint64_t token) { static_cast<SimClock*>(clock)->fire(token); }, this, id});
}

void SimClock::fire(std::uint64_t id) {
  Slot* slot = armed(id);
  if (slot == nullptr) return;
  Callback then = std::move(slot->then);
  slot->armed = false;
  free_.push_back(static_cast<std::uint32_t>(id & 0xffffffff));
  if (task_ != nullptr) task_->charge(Operation::timer, 1);
  then();
}

// The handle and the processor's work item both know the state; the item finds it gone when the handle was destroyed.
class SimCpu::Computation : public Activity {
 public:
  Computation(Task& task, Duration work, Callback done) : task_(task), done_(std::move(done)) {
    id_ = task.processor().burn(
        task, work, {[](void* self, std::uint64_t) { static_cast<Computation*>(self)->finish(); }, this, 0});
  }
  ~Computation() override {
    task_.processor().abandon(id_);
    task_.forget(this);
  }

 private:
  void finish() {
    Callback done = std::move(done_);
    done();  // may destroy this
  }

  Task& task_;
  Callback done_;
  std::uint64_t id_ = 0;
};

Handle SimCpu::burn(Duration work, Callback done) {
  assert(work >= 0);
  return std::make_unique<Computation>(task_, work, std::move(done));
}

}  // namespace meshtwin
