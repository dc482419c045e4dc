#include "emu/supervisor_client.h"

#include <fcntl.h>

namespace meshtwin {

SupervisorClient::SupervisorClient(EventLoop& loop, const std::string& program, EventHandler on_event,
                                   Callback on_closed)
    : SupervisorClient(loop, program, MessageSocket::pair(), std::move(on_event), std::move(on_closed)) {}

SupervisorClient::SupervisorClient(EventLoop& loop, const std::string& program,
                                   std::pair<MessageSocket, MessageSocket> sockets, EventHandler on_event,
                                   Callback on_closed)
    : socket_(std::move(sockets.first)),
      child_(program, {"supervisor"}, sockets.second.release()),
      watch_(loop, Fd(checked(::fcntl(socket_.fd(), F_DUPFD_CLOEXEC, 0), "duplicate the supervisor's socket"))),
      on_event_(std::move(on_event)),
      on_closed_(std::move(on_closed)) {
  wait();
}

void SupervisorClient::wait() {
  watch_.when_readable([this] { receive(); });
}

void SupervisorClient::receive() {
  auto message = socket_.receive();
  if (!message.has_value()) return on_closed_();
  wait();
  on_event_(from_supervisor(message->text), std::move(message->fds));
}

}  // namespace meshtwin
