#include "tests/support/ebpf/pods.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "ebpf/program_set.h"
#include "emu/link/in_namespace.h"
#include "emu/segment_count.h"
#include "emu/socket_options.h"

namespace meshtwin {

namespace {

RunNetworkPlan plan_of(const std::vector<Pods::Entry>& pods, EbpfWanted ebpf) {
  RunNetworkPlan plan;
  plan.zones = {"az-a"};
  plan.ebpf = ebpf;
  for (const Pods::Entry& pod : pods) {
    const auto place = static_cast<std::uint32_t>(plan.pods.size());
    plan.pods.push_back({std::string(1, static_cast<char>('a' + place)), 0, (10U << 24) | (1U << 16) | (2 + place),
                         pod.capture, pod.node});
  }
  return plan;
}

// A test that waits for what never comes fails.
void limit_waiting(const Fd& fd) {
  const timeval limit{10, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

Fd blocking_socket() {
  Fd fd(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  limit_waiting(fd);
  return fd;
}

}  // namespace

Pods::Pods(std::vector<Entry> pods, EbpfWanted ebpf) : network_(std::make_unique<RunNetwork>(plan_of(pods, ebpf))) {}

Fd Pods::listener(std::size_t pod, SocketAddress at) {
  Fd fd;
  in_net_namespace(network_->pod_namespace(pod), [&] {
    fd = blocking_socket();
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const sockaddr_in address = to_sockaddr(at);
    checked(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    checked(::listen(fd.get(), 16), "listen");
  });
  return fd;
}

Fd Pods::try_dial(std::size_t pod, SocketAddress to, bool mark) {
  Fd fd;
  int error = 0;
  in_net_namespace(network_->pod_namespace(pod), [&] {
    fd = blocking_socket();
    set_no_delay(fd.get());
    if (mark) set_bypass_mark(fd.get());
    const sockaddr_in address = to_sockaddr(to);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) error = errno;
  });
  if (error != 0) fd.reset();
  errno = error;
  return fd;
}

Fd Pods::dial(std::size_t pod, SocketAddress to, bool mark) {
  Fd fd = try_dial(pod, to, mark);
  if (!fd) throw_errno("dial " + to_string(to));
  return fd;
}

std::int64_t Pods::segments(std::size_t pod) const {
  return count_segments(network_->pod_namespace(pod)).sent;
}

Fd accept_from(const Fd& listener) {
  Fd fd(checked(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept"));
  limit_waiting(fd);
  set_no_delay(fd.get());
  return fd;
}

void send_all(const Fd& fd, const std::string& data) {
  for (std::size_t sent = 0; sent < data.size();) {
    const std::size_t some = std::min<std::size_t>(data.size() - sent, 64 * 1024);
    sent += static_cast<std::size_t>(checked(::send(fd.get(), data.data() + sent, some, MSG_NOSIGNAL), "send"));
  }
}

std::string receive(const Fd& fd, std::size_t size) {
  std::string data(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t n = checked(::recv(fd.get(), data.data() + got, size - got, 0), "receive");
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  data.resize(got);
  return data;
}

std::string numbered(std::size_t size) {
  std::string data(size, '\0');
  for (std::uint64_t i = 0; (i + 1) * 8 <= size; ++i) std::memcpy(data.data() + i * 8, &i, 8);
  return data;
}

std::string cannot_test_ebpf() {
  if (::geteuid() != 0) return "not root";
  return missing_for_ebpf();
}

}  // namespace meshtwin
