#include "emu/link/ping.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "emu/link/fd.h"
#include "emu/link/in_namespace.h"
#include "emu/link/kernel_time.h"
#include "emu/link/segment.h"
#include "mesh/base/random.h"
#include "mesh/base/socket_address.h"

namespace meshtwin {
namespace {

constexpr std::size_t kPayload = 56;

struct Echo {
  icmphdr header{};
  std::array<std::uint8_t, kPayload> payload{};
};

class Pinger {
 public:
  Pinger(const PingOptions& options, PingResult& result);
  void run();

 private:
  void send();
  void receive(Duration patience);
  void take(std::span<const std::uint8_t> packet, Time at, Time seen);

  const PingOptions& options_;
  PingResult& result_;
  Fd socket_;
  std::uint16_t id_;
  std::vector<Time> sent_at_;
  std::vector<bool> answered_;
};

Pinger::Pinger(const PingOptions& options, PingResult& result) : options_(options), result_(result) {
  const std::string what = "ping " + ip_to_string(options.target);
  socket_ = Fd(checked(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP), what));
  const int on = 1;
  checked(setsockopt(socket_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on), what);
  const int room = 4 << 20;  // as much of it as the host allows: answers wait there while this process does not run
  checked(setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room), what);
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_addr.s_addr = htonl(options.target);
  checked(connect(socket_.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target), what);
  id_ = static_cast<std::uint16_t>(hash_mix(static_cast<std::uint64_t>(getpid()), options.target));
}

void Pinger::send() {
  Echo echo;
  echo.header.type = ICMP_ECHO;
  echo.header.un.echo.id = htons(id_);
  echo.header.un.echo.sequence = htons(static_cast<std::uint16_t>(sent_at_.size()));
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&echo);
  echo.header.checksum = htons(static_cast<std::uint16_t>(~ones_sum({bytes, sizeof echo})));
  sent_at_.push_back(monotonic_now());
  answered_.push_back(false);
  checked(::send(socket_.get(), &echo, sizeof echo, 0), "ping " + ip_to_string(options_.target));
  ++result_.sent;
}

void Pinger::take(std::span<const std::uint8_t> packet, Time at, Time seen) {
  if (packet.size() < sizeof(iphdr)) return;
  const std::size_t ip = (packet[0] & 0x0f) * 4u;
  if (packet.size() < ip + sizeof(icmphdr)) return;
  icmphdr header;
  std::memcpy(&header, packet.data() + ip, sizeof header);
  const std::size_t index = ntohs(header.un.echo.sequence);
  if (header.type != ICMP_ECHOREPLY || ntohs(header.un.echo.id) != id_ || index >= sent_at_.size()) return;
  if (answered_[index]) return;
  answered_[index] = true;
  result_.rtt.add(at - sent_at_[index]);
  result_.rtt_seen.add(seen - sent_at_[index]);
}

void Pinger::receive(Duration patience) {
  pollfd waiting{socket_.get(), POLLIN, 0};
  const timespec limit{patience / kSecond, patience % kSecond};
  if (ppoll(&waiting, 1, &limit, nullptr) <= 0) return;
  std::array<std::uint8_t, 2048> bytes;
  alignas(cmsghdr) std::array<char, 64> control;
  iovec part{bytes.data(), bytes.size()};
  for (;;) {
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = recvmsg(socket_.get(), &message, MSG_DONTWAIT);
    if (got < 0) return;  // nothing left, or an ICMP error, which is no answer
    const Time seen = monotonic_now();
    take({bytes.data(), static_cast<std::size_t>(got)}, arrival_instant(message, seen, real_time_offset()), seen);
  }
}

void Pinger::run() {
  Time next = monotonic_now();
  while (static_cast<int>(sent_at_.size()) < options_.count) {
    const Duration left = next - monotonic_now();
    if (left <= 0) {
      send();
      next += options_.interval;
    } else {
      receive(left);
    }
  }
  const Time end = monotonic_now() + options_.patience;
  while (result_.rtt.count() < result_.sent) {
    const Duration left = end - monotonic_now();
    if (left <= 0) return;
    receive(left);
  }
}

}  // namespace

PingResult ping(const PingOptions& options) {
  PingResult result;
  in_net_namespace(options.netns_fd, [&] { Pinger(options, result).run(); });
  return result;
}

LinkQuality to_link_quality(const std::string& name, const LinkShape& wanted, const PingResult& result) {
  LinkQuality q;
  q.name = name;
  q.delay_wanted = wanted.rtt / 2;
  q.delay_p50 = result.rtt.quantile(0.5) / 2;
  q.delay_p99 = result.rtt.quantile(0.99) / 2;
  q.packets = result.sent;
  q.lost = result.sent - result.rtt.count();
  return q;
}

}  // namespace meshtwin
