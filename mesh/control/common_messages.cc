#include <charconv>

#include "mesh/control/config_messages.h"

namespace meshtwin {
namespace {

constexpr std::int64_t kLongestSeconds = 9'000'000'000;  // what 64 bits of nanoseconds hold

std::optional<std::uint32_t> parse_ipv4(const std::string& text) {
  std::uint32_t ip = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && (at == end || *at++ != '.')) return std::nullopt;
    std::uint32_t value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc() || value > 255 || next - at > 3) return std::nullopt;
    ip = (ip << 8) | value;
    at = next;
  }
  return at == end ? std::optional(ip) : std::nullopt;
}

}  // namespace

void set_duration(Duration duration, google::protobuf::Duration& message) {
  message.set_seconds(duration / kSecond);
  message.set_nanos(static_cast<std::int32_t>(duration % kSecond));
}

bool read_duration(const google::protobuf::Duration& message, Duration& duration) {
  if (message.seconds() < 0 || message.seconds() > kLongestSeconds) return false;
  if (message.nanos() < 0 || message.nanos() >= kSecond) return false;
  duration = message.seconds() * kSecond + message.nanos();
  return true;
}

void set_address(SocketAddress address, envoy::config::core::v3::Address& message) {
  auto& socket = *message.mutable_socket_address();
  socket.set_address(ip_to_string(address.ip));
  socket.set_port_value(address.port);
}

Refusal read_address(const envoy::config::core::v3::Address& message, SocketAddress& address) {
  const auto& socket = message.socket_address();
  if (socket.protocol() != envoy::config::core::v3::SocketAddress::TCP) return "address: only TCP is supported";
  const auto ip = parse_ipv4(socket.address());
  if (!ip) return "address: '" + socket.address() + "' is not an IPv4 address";
  if (socket.port_value() == 0 || socket.port_value() > 65535) {
    return "address: port " + std::to_string(socket.port_value()) + " is not in 1..65535";
  }
  address = {*ip, static_cast<std::uint16_t>(socket.port_value())};
  return std::nullopt;
}

}  // namespace meshtwin
