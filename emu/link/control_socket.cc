#include "emu/link/control_socket.h"

#include <sys/socket.h>

#include <array>
#include <cassert>
#include <cstring>

namespace meshtwin {
namespace {

constexpr std::size_t kMostFds = 4;
constexpr std::size_t kLongestMessage = 128 * 1024;

void take_fds(msghdr& message, std::vector<Fd>& out) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
      out.emplace_back(fd);
    }
  }
}

}  // namespace

void send_control(int socket, const std::string& bytes, const int* fds, std::size_t fd_count) {
  assert(fd_count <= kMostFds);
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostFds * sizeof(int))> ancillary{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd_count > 0) {
    message.msg_control = ancillary.data();
    message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
    std::memcpy(CMSG_DATA(c), fds, fd_count * sizeof(int));
  }
  checked(sendmsg(socket, &message, MSG_NOSIGNAL), "send on the link's control socket");
}

bool receive_control(int socket, ControlMessage& out) {
  out.fds.clear();
  out.bytes.resize(kLongestMessage);
  iovec part{out.bytes.data(), out.bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostFds * sizeof(int))> ancillary{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = ancillary.data();
  message.msg_controllen = ancillary.size();
  const ssize_t size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (size < 0 && errno == ECONNRESET) return false;
  checked(size, "receive on the link's control socket");
  take_fds(message, out.fds);
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    errno = EMSGSIZE;
    throw_errno("receive on the link's control socket");
  }
  out.bytes.resize(static_cast<std::size_t>(size));
  return size > 0;
}

}  // namespace meshtwin
