#include "emu/socket_options.h"

#include <arpa/inet.h>
#include <linux/netfilter_ipv4.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>

namespace meshtwin {

namespace {

SocketAddress from_sockaddr(const sockaddr_in& address) {
  return {ntohl(address.sin_addr.s_addr), ntohs(address.sin_port)};
}

void set_congestion_control(int fd) {
  for (const char* name : {"cubic", "reno"}) {
    if (::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, static_cast<socklen_t>(std::strlen(name))) == 0) return;
  }
  throw_errno("set TCP_CONGESTION to cubic or reno");
}

}  // namespace

Fd tcp_socket() {
  Fd fd(checked(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "make a TCP socket"));
  set_congestion_control(fd.get());
  return fd;
}

void set_no_delay(int fd) {
  const int on = 1;
  checked(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "set TCP_NODELAY");
}

void set_bypass_mark(int fd) {
  checked(::setsockopt(fd, SOL_SOCKET, SO_MARK, &kBypassMark, sizeof kBypassMark), "set SO_MARK");
}

sockaddr_in to_sockaddr(SocketAddress address) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(address.port);
  result.sin_addr.s_addr = htonl(address.ip);
  return result;
}

SocketAddress local_address(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  checked(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return from_sockaddr(address);
}

SocketAddress peer_address(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) < 0) return {};  // reset already
  return from_sockaddr(address);
}

SocketAddress original_destination(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  // Without capture the namespace tracks no connections and the socket's own address is the answer.
  if (::getsockopt(fd, SOL_IP, SO_ORIGINAL_DST, &address, &size) < 0) return local_address(fd);
  return from_sockaddr(address);
}

}  // namespace meshtwin
