#pragma once

// IPv4 addresses and ports, host byte order; the same in both worlds.

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace meshtwin {

struct SocketAddress {
  std::uint32_t ip = 0;  // 0: every address of the namespace
  std::uint16_t port = 0;

  friend bool operator==(const SocketAddress&, const SocketAddress&) = default;
  friend auto operator<=>(const SocketAddress&, const SocketAddress&) = default;
};

inline constexpr std::uint32_t kLoopback = 0x7f000001;

std::string to_string(SocketAddress address);  // "10.1.0.2:8080"
std::string ip_to_string(std::uint32_t ip);
SocketAddress parse_socket_address(std::string_view text);  // port 0: it is no such thing

}  // namespace meshtwin

template <>
struct std::hash<meshtwin::SocketAddress> {
  std::size_t operator()(const meshtwin::SocketAddress& a) const noexcept {
    return ((std::uint64_t{a.ip} << 16) | a.port) * 0x9e3779b97f4a7c15ULL >> 7;
  }
};
