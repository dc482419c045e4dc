#pragma once

// The Cpu of an emulated role. What the engine charges has been paid for already by doing it; `burn` keeps a thread
// busy until that thread has used the asked amount of processor time, so a burn on a crowded host takes longer, as real
// work does. There are as many threads as burns under way (up to a limit): the kernel's scheduler shares the cores
// among them.

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "emu/event_loop.h"
#include "mesh/runtime/cpu.h"

namespace meshtwin {

class BurnPool : public Cpu {
 public:
  explicit BurnPool(EventLoop& loop) : loop_(loop) {}
  ~BurnPool() override;

  void charge(Operation, std::int64_t) override {}
  Handle burn(Duration work, Callback done) override;

 private:
  struct Job;
  class JobHandle;

  void work();

  EventLoop& loop_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Job>> jobs_;
  std::size_t idle_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace meshtwin
