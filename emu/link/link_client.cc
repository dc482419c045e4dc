#include "emu/link/link_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>

#include "emu/link/control_socket.h"

namespace meshtwin {
namespace {

constexpr int kPatienceMs = 5000;

}  // namespace

std::pair<Fd, Fd> link_control_pair() {
  int fds[2];
  checked(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), "make the link's control socket");
  return {Fd(fds[0]), Fd(fds[1])};
}

LinkReply LinkClient::call(const LinkCommand& command, const int* fds, std::size_t fd_count) {
  send_control(control_.get(), encode(command), fds, fd_count);
  pollfd waiting{control_.get(), POLLIN, 0};
  int ready = 0;
  do ready = poll(&waiting, 1, kPatienceMs);
  while (ready < 0 && errno == EINTR);
  if (checked(ready, "wait for the link process") == 0) throw std::runtime_error("the link process does not answer");
  ControlMessage message;
  if (!receive_control(control_.get(), message)) throw std::runtime_error("the link process has ended");
  std::optional<LinkReply> reply = decode_link_reply(message.bytes);
  if (!reply) throw std::runtime_error("the link process answered with something that is no reply");
  if (!reply->error.empty()) throw std::runtime_error("link process: " + reply->error);
  return std::move(*reply);
}

std::size_t LinkClient::add(const std::string& zone_a, const Fd& end_a, const std::string& zone_b, const Fd& end_b,
                            const LinkShape& shape) {
  const std::array<int, 2> ends = {end_a.get(), end_b.get()};
  call(AddLink{zone_a, zone_b, shape}, ends.data(), ends.size());
  return links_++;
}

void LinkClient::shape(std::size_t link, const LinkShape& shape) {
  call(ShapeLink{static_cast<std::uint32_t>(link), shape}, nullptr, 0);
}
void LinkClient::cut(std::size_t link) {
  call(CutLink{static_cast<std::uint32_t>(link)}, nullptr, 0);
}
void LinkClient::restore(std::size_t link) {
  call(RestoreLink{static_cast<std::uint32_t>(link)}, nullptr, 0);
}
void LinkClient::begin() {
  call(BeginLinks{}, nullptr, 0);
}
LinkReport LinkClient::report() {
  return call(ReportLinks{}, nullptr, 0).report;
}

}  // namespace meshtwin
