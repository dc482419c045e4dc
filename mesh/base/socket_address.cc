#include "mesh/base/socket_address.h"

namespace meshtwin {

std::string ip_to_string(std::uint32_t ip) {
  return std::to_string(ip >> 24) + '.' + std::to_string((ip >> 16) & 255) + '.' + std::to_string((ip >> 8) & 255) +
         '.' + std::to_string(ip & 255);
}

std::string to_string(SocketAddress address) {
  return ip_to_string(address.ip) + ':' + std::to_string(address.port);
}

}  // namespace meshtwin
