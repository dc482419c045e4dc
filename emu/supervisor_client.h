#pragma once

// The conductor's hold on a run's supervisor (supervisor.h). Destroying it ends the supervisor and with it the run's
// every process and namespace.

#include <string>
#include <vector>

#include "emu/event_loop.h"
#include "emu/message_socket.h"
#include "emu/sandbox.h"
#include "emu/supervisor_protocol.h"

namespace meshtwin {

class SupervisorClient {
 public:
  using EventHandler = Function<void(FromSupervisor event, std::vector<Fd> fds)>;

  // `on_closed` is called when the supervisor has ended by itself.
  SupervisorClient(EventLoop& loop, const std::string& program, EventHandler on_event, Callback on_closed);

  void send(const ToSupervisor& command, const std::vector<int>& fds = {}) const { socket_.send(encode(command), fds); }

 private:
  SupervisorClient(EventLoop& loop, const std::string& program, std::pair<MessageSocket, MessageSocket> sockets,
                   EventHandler on_event, Callback on_closed);
  void wait();
  void receive();

  MessageSocket socket_;
  SandboxedChild child_;
  FdWatch watch_;
  EventHandler on_event_;
  Callback on_closed_;
};

}  // namespace meshtwin
