#pragma once

// One role of the plan as a process that can be started, killed and started again. The engine object comes and goes;
// its task, clock and network stay, as a namespace stays when its processes die.

#include <memory>
#include <string>

#include "mesh/runtime/network.h"
#include "mesh/runtime/role.h"
#include "sim/role_runtime.h"
#include "sim/socket_layer.h"
#include "sim/world.h"

namespace meshtwin {

class RoleHost {
 public:
  RoleHost(const RolePlan& plan, std::uint32_t pod, Processor& processor, EventQueue& queue, const TimeOrigin& origin,
           std::uint64_t seed, SocketLayer& sockets)
      : plan_(plan),
        pod_(pod),
        task_(processor, RandomStream(seed, "processor/" + plan.name)),
        clock_(queue, origin, &task_),
        cpu_(task_),
        chance_(seed),
        runtime_{clock_, chance_, cpu_},
        network_(sockets.network(pod, task_)) {
    for (const std::uint32_t reached : plan.reaches) reached_[reached] = sockets.network(reached, task_, true);
  }
  RoleHost(const RoleHost&) = delete;
  RoleHost& operator=(const RoleHost&) = delete;
  ~RoleHost() { kill(); }

  const RolePlan& plan() const { return plan_; }
  std::uint32_t pod() const { return pod_; }
  Task& task() { return task_; }
  Role* role() { return role_.get(); }
  bool ready = false;  // has said so once
  bool is_load() const { return std::holds_alternative<LoadConfig>(plan_.config); }
  bool is_app() const { return is_application(plan_.config); }

  // Makes the engine object and has it started in its task's turn.
  void start(RoleFactory& factory, Recorder& recorder, Wire wire,
             const std::map<std::uint32_t, std::uint32_t>& pod_of_ip, Callback on_ready) {
    RoleSurroundings surroundings{runtime_, *network_, recorder, wire, pod_, pod_of_ip};
    for (const auto& [reached, network] : reached_) surroundings.pod_networks[reached] = network.get();
    role_ = factory(plan_.config, surroundings);
    on_ready_ = std::move(on_ready);
    task_.post({[](void* self, std::uint64_t) {
                  auto* host = static_cast<RoleHost*>(self);
                  host->role_->start([host] { host->on_ready_(); });
                },
                this, 0});
  }
  void begin(Callback on_finished) {
    on_finished_ = std::move(on_finished);
    task_.post({[](void* self, std::uint64_t) {
                  auto* host = static_cast<RoleHost*>(self);
                  host->role_->begin([host] { host->on_finished_(); });
                },
                this, 0});
  }
  // Everything the role held closes, as the kernel closes a dead process's sockets.
  void kill() {
    role_.reset();
    task_.forget_all();
  }

 private:
  const RolePlan& plan_;
  std::uint32_t pod_;
  Task task_;
  SimClock clock_;
  SimCpu cpu_;
  SeededChance chance_;
  Runtime runtime_;
  std::unique_ptr<Network> network_;
  std::map<std::uint32_t, std::unique_ptr<Network>> reached_;
  Callback on_ready_;
  Callback on_finished_;
  std::unique_ptr<Role> role_;
};

}  // namespace meshtwin
