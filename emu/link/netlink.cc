#include "emu/link/netlink.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace meshtwin {

NetlinkRequest::NetlinkRequest(std::uint16_t type, std::uint16_t flags) {
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  put(header);
}

void NetlinkRequest::append(const void* data, std::size_t size) {
  bytes_.append(static_cast<const char*>(data), size);
  bytes_.resize(NLMSG_ALIGN(bytes_.size()));
}

void NetlinkRequest::attribute(std::uint16_t type, const void* data, std::size_t size) {
  const rtattr header{static_cast<unsigned short>(RTA_LENGTH(size)), type};
  put(header);
  append(data, size);
}

void NetlinkRequest::text(std::uint16_t type, std::string_view text) {
  const std::string terminated(text);
  attribute(type, terminated.c_str(), terminated.size() + 1);
}

std::size_t NetlinkRequest::begin(std::uint16_t type) {
  const std::size_t at = bytes_.size();
  put(rtattr{0, type});
  return at;
}

void NetlinkRequest::end(std::size_t begun) {
  const auto length = static_cast<unsigned short>(bytes_.size() - begun);
  std::memcpy(bytes_.data() + begun, &length, sizeof length);  // rtattr's first field
}

void NetlinkRequest::execute(const std::string& attempted) {
  const Fd socket(checked(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "open a netlink socket"));
  const auto length = static_cast<std::uint32_t>(bytes_.size());
  std::memcpy(bytes_.data(), &length, sizeof length);  // nlmsghdr's first field
  checked(send(socket.get(), bytes_.data(), bytes_.size(), 0), attempted);
  alignas(nlmsghdr) std::array<char, 8192> answer;
  const ssize_t got = checked(recv(socket.get(), answer.data(), answer.size(), 0), attempted);
  const auto* header = reinterpret_cast<const nlmsghdr*>(answer.data());
  if (static_cast<std::size_t>(got) < NLMSG_LENGTH(sizeof(nlmsgerr)) || header->nlmsg_type != NLMSG_ERROR) {
    errno = EPROTO;
    throw_errno(attempted);
  }
  nlmsgerr outcome;
  std::memcpy(&outcome, NLMSG_DATA(header), sizeof outcome);
  if (outcome.error != 0) {
    errno = -outcome.error;
    throw_errno(attempted);
  }
}

}  // namespace meshtwin
