#include "mesh/proxy/route_match.h"

#include <algorithm>
#include <string>

namespace meshtwin {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// How well a domain fits a host: exact 3, suffix 2, prefix 1, any 0; then by length. Negative: not at all.
int rank_of(std::string_view domain, std::string_view host) {
  constexpr int kStep = 1 << 20;
  const int length = static_cast<int>(domain.size());
  if (domain == host) return 3 * kStep + length;
  if (domain == "*") return 0;
  if (domain.empty() || host.size() < domain.size()) return -1;
  if (domain.front() == '*') return host.ends_with(domain.substr(1)) ? 2 * kStep + length : -1;
  if (domain.back() == '*') return host.starts_with(domain.substr(0, domain.size() - 1)) ? kStep + length : -1;
  return -1;
}

const VirtualHost* best_match(const RouteConfig& routes, std::string_view host, int at_least) {
  const VirtualHost* best = nullptr;
  int best_rank = at_least - 1;
  for (const VirtualHost& candidate : routes.virtual_hosts) {
    for (const std::string& domain : candidate.domains) {
      const int rank = rank_of(domain, host);
      if (rank > best_rank) {
        best = &candidate;
        best_rank = rank;
      }
    }
  }
  return best;
}

}  // namespace

const VirtualHost* find_virtual_host(const RouteConfig& routes, std::string_view authority) {
  std::string host(authority);
  std::transform(host.begin(), host.end(), host.begin(), lower);
  if (const VirtualHost* found = best_match(routes, host, 1)) return found;
  const std::size_t colon = host.rfind(':');
  if (colon == std::string::npos) return best_match(routes, host, 0);
  return best_match(routes, std::string_view(host).substr(0, colon), 0);
}

const RouteConfigEntry* find_route(const VirtualHost& host, std::string_view path) {
  for (const RouteConfigEntry& route : host.routes) {
    // A CONNECT has no path: whatever takes every path takes it. (Envoy wants a matcher of its own for it.)
    if (path.starts_with(route.match.path) || (path.empty() && route.match.path == "/")) return &route;
  }
  return nullptr;
}

}  // namespace meshtwin
