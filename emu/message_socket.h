#pragma once

// A Unix socket whose packets are whole messages and may carry descriptors: how the conductor and the supervisor talk.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emu/link/fd.h"

namespace meshtwin {

struct SocketMessage {
  std::string text;
  std::vector<Fd> fds;
};

class MessageSocket {
 public:
  static constexpr std::size_t kMessageLimit = 64 * 1024;

  explicit MessageSocket(Fd socket) : socket_(std::move(socket)) {}
  static std::pair<MessageSocket, MessageSocket> pair();

  int fd() const { return socket_.get(); }
  Fd release() { return std::move(socket_); }

  void send(std::string_view text, const std::vector<int>& fds = {}) const;
  // Nullopt when the other side has closed. Waits when nothing is there, unless the socket is nonblocking: then it
  // throws with EAGAIN.
  std::optional<SocketMessage> receive() const;

 private:
  Fd socket_;
};

}  // namespace meshtwin
