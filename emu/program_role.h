#pragma once

// An unmodified program in the place of a workload: a process of its own PID namespace inside the pod's network, so
// that whatever it starts, however deep, ends with it. Ready when its port takes connections. What it and its children
// say goes to this process's standard error.

#include <string>
#include <vector>

#include "emu/event_loop.h"
#include "mesh/roles/plan.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/network.h"
#include "mesh/runtime/role.h"

namespace meshtwin {

class ProgramRole final : public Role {
 public:
  // Throws from the loop when the program ends by itself.
  ProgramRole(EventLoop& loop, Clock& clock, Network& network, ProgramConfig config);
  ~ProgramRole() override;

  void start(Callback on_ready) override;

  // Of everything in its PID namespace.
  struct Spent {
    Duration cpu = 0;
    std::int64_t memory = 0;  // bytes resident now
  };
  Spent spent() const;

 private:
  void watch_end();
  void probe();

  EventLoop& loop_;
  Clock& clock_;
  Network& network_;
  const ProgramConfig config_;
  int pid_ = -1;
  FdWatch ended_;
  Callback on_ready_;
  Handle dial_;
  Timer again_;
};

}  // namespace meshtwin
