#pragma once

// Which of a listener's TCP routes takes a connection: by the name that its TLS handshake asks for, and by where it was
// dialled to. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mesh/base/socket_address.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

struct Subnet {
  std::uint32_t address = 0;
  std::uint32_t bits = 32;  // that count

  bool contains(std::uint32_t ip) const;
};
std::optional<Subnet> parse_subnet(std::string_view text);  // "10.1.0.0/16", or an address alone

// Whether a route can only be told by what the client sends.
bool needs_server_name(const ListenerConfig& listener);

// `server_name`: none, where it is not TLS. Names match exactly, then by the longest "*.suffix", then "*"; among equals
// the first route. Null: none takes it.
const TcpRoute* find_tcp_route(const ListenerConfig& listener, std::optional<std::string_view> server_name,
                               SocketAddress destination);

// `draw`: any number, as likely as any other.
const std::string& pick_cluster(const TcpRoute& route, std::uint64_t draw);

// What of a listener's TCP routes cannot be acted on; empty: nothing.
std::string mistake_in_tcp_routes(const ListenerConfig& listener);

}  // namespace meshtwin
