#include "tests/support/link/link_rig.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "emu/link/in_namespace.h"
#include "emu/link/link_end.h"
#include "emu/link/link_process.h"

namespace meshtwin {
namespace {

void write_file(const std::string& path, const std::string& text) {
  const Fd file(checked(open(path.c_str(), O_WRONLY | O_CLOEXEC), "open " + path));
  checked(write(file.get(), text.data(), text.size()), "write " + path);
}

Fd end_in(const Fd& zone, std::uint32_t own, std::uint32_t other) {
  Fd end;
  in_net_namespace(zone.get(), [&] {
    end = create_link_end({"wan", {{own, 32}}, {{other & 0xffff0000, 16}}, 1500, 10'000});
  });
  return end;
}

sockaddr_in address_of(std::uint32_t ip, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(ip);
  address.sin_port = htons(port);
  return address;
}

Fd tcp_socket() {
  Fd socket(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "open a TCP socket"));
  const int on = 1;
  checked(setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "set TCP_NODELAY");
  return socket;
}

}  // namespace

std::string allow_namespaces() {
  if (geteuid() == 0) return "";
  const std::string uid = std::to_string(geteuid());
  const std::string gid = std::to_string(getegid());
  if (unshare(CLONE_NEWUSER) != 0) return std::string("user namespaces are closed to us: ") + std::strerror(errno);
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", "0 " + uid + " 1");
  write_file("/proc/self/gid_map", "0 " + gid + " 1");
  return "";
}

LinkRig::LinkRig(const LinkShape& shape, std::uint64_t seed)
    : zone_a_(new_net_namespace()), zone_b_(new_net_namespace()) {
  start_process(seed);
  const Fd end_a = end_in(zone_a_, kIpA, kIpB);
  const Fd end_b = end_in(zone_b_, kIpB, kIpA);
  client_->add("a", end_a, "b", end_b, shape);
}

void LinkRig::start_process(std::uint64_t seed) {
  auto [ours, theirs] = link_control_pair();
  process_ = checked(fork(), "fork the link process");
  if (process_ == 0) {
    ours.reset();
    _exit(run_link_process({theirs.release(), seed, true}));
  }
  client_ = std::make_unique<LinkClient>(std::move(ours));
}

int LinkRig::end() {
  client_.reset();
  if (process_ < 0) return -1;
  int status = 0;
  waitpid(std::exchange(process_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

LinkRig::~LinkRig() {
  end();
}

TcpPair connect_through(const LinkRig& rig) {
  TcpPair pair;
  Fd listener;
  const sockaddr_in address = address_of(LinkRig::kIpB, 5000);
  const auto* target = reinterpret_cast<const sockaddr*>(&address);
  in_net_namespace(rig.zone_b().get(), [&] {
    listener = tcp_socket();
    const int on = 1;
    checked(setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "set SO_REUSEADDR");
    checked(bind(listener.get(), target, sizeof address), "bind in zone b");
    checked(listen(listener.get(), 8), "listen in zone b");
  });
  in_net_namespace(rig.zone_a().get(), [&] {
    pair.a = tcp_socket();
    checked(connect(pair.a.get(), target, sizeof address), "connect from zone a to zone b");
  });
  pair.b = Fd(checked(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept in zone b"));
  return pair;
}

}  // namespace meshtwin
