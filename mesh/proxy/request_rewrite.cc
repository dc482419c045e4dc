#include "mesh/proxy/request_rewrite.h"

namespace meshtwin {
namespace {

constexpr std::string_view kOriginalPath = "x-envoy-original-path";

bool names_authority(std::string_view name) {
  return name == ":authority" || name == "host";
}

void apply_to_request(const HeaderOperations& operations, RequestHead& head) {
  apply(operations, head.headers);
  for (const auto& [name, value] : operations.set) {
    if (names_authority(name)) head.set_authority(value);
  }
}

std::string_view without_port(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  return authority.substr(0, colon);
}

}  // namespace

void apply(const HeaderOperations& operations, Headers& headers) {
  for (const std::string& name : operations.remove) headers.remove(name);
  for (const auto& [name, value] : operations.set) {
    if (!names_authority(name)) headers.set(name, value);
  }
  for (const auto& [name, value] : operations.add) headers.add(name, value);
}

void rewrite_request(const RouteDecision& decision, RequestHead& head) {
  const RouteConfigEntry& route = decision.route->config();
  if (decision.weighted != nullptr) apply_to_request(decision.weighted->headers.request, head);
  apply_to_request(route.headers.request, head);
  if (!route.rewrite.authority.empty()) head.set_authority(route.rewrite.authority);
  const std::string path = decision.route->rewritten(head.path());
  if (path.empty() || path == head.path()) return;
  head.headers.set(kOriginalPath, head.path());
  head.set_path(path);
}

void rewrite_response(const RouteDecision& decision, ResponseHead& head) {
  if (decision.weighted != nullptr) apply(decision.weighted->headers.response, head.headers);
  apply(decision.route->config().headers.response, head.headers);
}

std::string location_of(const Route& route, const RequestHead& head) {
  const RedirectAction& redirect = *route.config().redirect;
  std::string_view scheme = head.headers.get("x-forwarded-proto");
  if (scheme.empty()) scheme = "http";
  std::string_view authority = redirect.authority.empty() ? head.authority() : std::string_view(redirect.authority);
  // With another scheme, the port that was the old one's own is left behind.
  const bool scheme_changes = !redirect.scheme.empty() && redirect.scheme != scheme;
  const bool had_default =
      (scheme == "http" && authority.ends_with(":80")) || (scheme == "https" && authority.ends_with(":443"));
  std::string location(redirect.scheme.empty() ? scheme : std::string_view(redirect.scheme));
  location += "://";
  location += redirect.port != 0 || (scheme_changes && had_default) ? without_port(authority) : authority;
  if (redirect.port != 0) location += ':' + std::to_string(redirect.port);

  const std::string_view path = head.path();
  if (redirect.prefix.has_value()) return location + route.with_prefix(path, *redirect.prefix);
  if (!redirect.path.has_value()) return location + std::string(path);
  location += *redirect.path;
  const std::size_t mark = path.find('?');
  if (mark != std::string_view::npos && redirect.path->find('?') == std::string::npos) location += path.substr(mark);
  return location;
}

}  // namespace meshtwin
