#include "mesh/base/socket_address.h"

#include <charconv>

namespace meshtwin {

std::string ip_to_string(std::uint32_t ip) {
  return std::to_string(ip >> 24) + '.' + std::to_string((ip >> 16) & 255) + '.' + std::to_string((ip >> 8) & 255) +
         '.' + std::to_string(ip & 255);
}

std::string to_string(SocketAddress address) {
  return ip_to_string(address.ip) + ':' + std::to_string(address.port);
}

SocketAddress parse_socket_address(std::string_view text) {
  SocketAddress address;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int part = 0; part < 4; ++part) {
    std::uint8_t number = 0;
    const auto read = std::from_chars(at, end, number);
    const char after = part < 3 ? '.' : ':';
    if (read.ec != std::errc() || read.ptr == end || *read.ptr != after) return {};
    address.ip = address.ip << 8 | number;
    at = read.ptr + 1;
  }
  const auto read = std::from_chars(at, end, address.port);
  if (read.ec != std::errc() || read.ptr != end) return {};
  return address;
}

}  // namespace meshtwin
