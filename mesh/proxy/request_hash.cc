#include "mesh/proxy/request_hash.h"

#include "mesh/base/random.h"
#include "mesh/proxy/route_source.h"

namespace meshtwin {
namespace {

std::optional<std::string_view> cookie_in(const Headers& headers, std::string_view name) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (headers.name(i) != "cookie") continue;
    std::string_view left = headers.value(i);
    while (!left.empty()) {
      std::string_view one = left.substr(0, left.find(';'));
      left.remove_prefix(std::min(left.size(), one.size() + 1));
      while (one.starts_with(' ')) one.remove_prefix(1);
      if (!one.starts_with(name) || one.size() <= name.size() || one[name.size()] != '=') continue;
      one.remove_prefix(name.size() + 1);
      if (one.size() >= 2 && one.starts_with('"') && one.ends_with('"')) one = one.substr(1, one.size() - 2);
      return one;
    }
  }
  return std::nullopt;
}

// The same for all requests of a connection: those that pass each other get the same cookie.
std::string make_cookie(const ConnectionFacts& connection) {
  std::uint64_t hash = hash_text(to_string(connection.peer) + to_string(connection.local));
  std::string value(16, '0');
  for (int i = 15; i >= 0; --i, hash >>= 4) value[static_cast<std::size_t>(i)] = "0123456789abcdef"[hash & 15];
  return value;
}

RequestHash by_cookie(const HashPolicy& policy, const RequestHead& head, const ConnectionFacts& connection) {
  RequestHash result;
  if (const auto cookie = cookie_in(head.headers, policy.name)) {
    result.value = hash_text(*cookie);
  } else if (policy.cookie_ttl.has_value()) {
    const std::string made = make_cookie(connection);
    result.value = hash_text(made);
    result.set_cookie = policy.name + "=\"" + made + '"';
    if (*policy.cookie_ttl > 0) result.set_cookie += "; Max-Age=" + std::to_string(*policy.cookie_ttl / kSecond);
    if (!policy.cookie_path.empty()) result.set_cookie += "; Path=" + policy.cookie_path;
    result.set_cookie += "; HttpOnly";
  }
  return result;
}

RequestHash by(const HashPolicy& policy, const RequestHead& head, const ConnectionFacts& connection) {
  const RequestView view = view_of(head);
  std::optional<std::string_view> text;
  std::string space;
  switch (policy.kind) {
    case HashPolicy::Kind::header:
      text = view.header(policy.name, space);
      break;
    case HashPolicy::Kind::query_param:
      text = query_param(view.query(), policy.name);
      break;
    case HashPolicy::Kind::cookie:
      return by_cookie(policy, head, connection);
    case HashPolicy::Kind::source_ip:
      return {hash_text(ip_to_string(connection.peer.ip)), {}};
  }
  if (!text.has_value()) return {};
  return {hash_text(*text), {}};
}

}  // namespace

RequestHash hash_of(const std::vector<HashPolicy>& policies, const RequestHead& head,
                    const ConnectionFacts& connection) {
  for (const HashPolicy& policy : policies) {
    RequestHash found = by(policy, head, connection);
    if (found.value.has_value()) return found;
  }
  return {};
}

}  // namespace meshtwin
