#include "mesh/traffic/tcp_route_match.h"

#include <algorithm>
#include <charconv>

#include "mesh/traffic/text_matcher.h"

namespace meshtwin {
namespace {

constexpr int kNoMatch = -1;
constexpr int kExact = 1 << 20;

// The longer the name that matches, the better.
int rank_of(const std::string& host, std::string_view name) {
  if (host == "*") return 1;
  if (host.starts_with('*')) {
    const std::string_view suffix = std::string_view(host).substr(1);
    const bool fits =
        name.size() > suffix.size() && equal_ignoring_case(name.substr(name.size() - suffix.size()), suffix);
    return fits ? 1 + static_cast<int>(suffix.size()) : kNoMatch;
  }
  return equal_ignoring_case(host, name) ? kExact : kNoMatch;
}

int rank_of(const TcpRoute& route, std::optional<std::string_view> name) {
  if (route.sni_hosts.empty()) return 0;
  if (!name.has_value()) return kNoMatch;
  int best = kNoMatch;
  for (const std::string& host : route.sni_hosts) best = std::max(best, rank_of(host, *name));
  return best;
}

bool goes_to(const TcpRoute& route, SocketAddress destination) {
  return route.destination_subnets.empty() ||
         std::ranges::any_of(route.destination_subnets, [destination](const std::string& text) {
           const auto subnet = parse_subnet(text);
           return subnet.has_value() && subnet->contains(destination.ip);
         });
}

}  // namespace

bool Subnet::contains(std::uint32_t ip) const {
  return bits == 0 || ((ip ^ address) >> (32 - bits)) == 0;
}

std::optional<Subnet> parse_subnet(std::string_view text) {
  const std::size_t slash = text.find('/');
  const SocketAddress address = parse_socket_address(std::string(text.substr(0, slash)) + ":1");
  if (address.port == 0) return std::nullopt;
  Subnet subnet{address.ip, 32};
  if (slash == std::string_view::npos) return subnet;
  const std::string_view bits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), subnet.bits);
  if (error != std::errc() || end != bits.data() + bits.size() || subnet.bits > 32) return std::nullopt;
  return subnet;
}

bool needs_server_name(const ListenerConfig& listener) {
  return std::ranges::any_of(listener.tcp_routes, [](const TcpRoute& route) { return !route.sni_hosts.empty(); });
}

const TcpRoute* find_tcp_route(const ListenerConfig& listener, std::optional<std::string_view> server_name,
                               SocketAddress destination) {
  const TcpRoute* best = nullptr;
  int best_rank = kNoMatch;
  for (const TcpRoute& route : listener.tcp_routes) {
    const int rank = rank_of(route, server_name);
    if (rank <= best_rank || !goes_to(route, destination)) continue;
    best = &route;
    best_rank = rank;
  }
  return best;
}

const std::string& pick_cluster(const TcpRoute& route, std::uint64_t draw) {
  std::uint64_t total = 0;
  for (const WeightedCluster& cluster : route.clusters) total += cluster.weight;
  if (route.clusters.size() == 1 || total == 0) return route.clusters.front().cluster;
  std::uint64_t left = draw % total;
  for (const WeightedCluster& cluster : route.clusters) {
    if (left < cluster.weight) return cluster.cluster;
    left -= cluster.weight;
  }
  return route.clusters.back().cluster;
}

std::string mistake_in_tcp_routes(const ListenerConfig& listener) {
  for (const TcpRoute& route : listener.tcp_routes) {
    if (route.clusters.empty()) return "a TCP route without a cluster";
    for (const std::string& text : route.destination_subnets) {
      if (!parse_subnet(text).has_value()) return "a TCP route to '" + text + "', which is no subnet";
    }
  }
  return {};
}

}  // namespace meshtwin
