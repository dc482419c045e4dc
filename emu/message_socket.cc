#include "emu/message_socket.h"

#include <sys/socket.h>

#include <array>
#include <cassert>
#include <cstring>

namespace meshtwin {

namespace {

constexpr std::size_t kFdLimit = 4;
using ControlBlock = std::array<char, CMSG_SPACE(kFdLimit * sizeof(int))>;

std::vector<Fd> descriptors_of(msghdr& header) {
  std::vector<Fd> fds;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      fds.emplace_back(fd);
    }
  }
  return fds;
}

}  // namespace

std::pair<MessageSocket, MessageSocket> MessageSocket::pair() {
  int ends[2];
  checked(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "make a socket pair");
  return {MessageSocket(Fd(ends[0])), MessageSocket(Fd(ends[1]))};
}

void MessageSocket::send(std::string_view text, const std::vector<int>& fds) const {
  assert(text.size() <= kMessageLimit && fds.size() <= kFdLimit);
  iovec content{const_cast<char*>(text.data()), text.size()};
  msghdr header{};
  header.msg_iov = &content;
  header.msg_iovlen = 1;
  alignas(cmsghdr) ControlBlock control{};
  if (!fds.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(part), fds.data(), fds.size() * sizeof(int));
  }
  ssize_t n = 0;
  do {
    n = ::sendmsg(socket_.get(), &header, MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  checked(n, "send a message on a Unix socket");
}

std::optional<SocketMessage> MessageSocket::receive() const {
  SocketMessage message;
  message.text.resize(kMessageLimit);
  iovec content{message.text.data(), message.text.size()};
  msghdr header{};
  header.msg_iov = &content;
  header.msg_iovlen = 1;
  alignas(cmsghdr) ControlBlock control{};
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t n = 0;
  do {
    n = ::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC);
  } while (n < 0 && errno == EINTR);
  if (n == 0 || (n < 0 && errno == ECONNRESET)) return std::nullopt;
  checked(n, "receive a message on a Unix socket");
  message.fds = descriptors_of(header);
  message.text.resize(static_cast<std::size_t>(n));
  return message;
}

}  // namespace meshtwin
