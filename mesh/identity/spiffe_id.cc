#include "mesh/identity/spiffe_id.h"

namespace meshtwin {
namespace {

constexpr std::string_view kScheme = "spiffe://";

// Takes what stands before `separator` (all of it, when that is not there) from the front of `text`.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return part;
}

}  // namespace

std::string to_string(const SpiffeId& id) {
  return std::string(kScheme) + id.trust_domain + "/ns/" + id.name_space + "/sa/" + id.service_account;
}

std::optional<SpiffeId> parse_spiffe_id(std::string_view uri) {
  if (!uri.starts_with(kScheme)) return std::nullopt;
  uri.remove_prefix(kScheme.size());
  const std::string_view domain = take(uri, '/');
  const std::string_view ns = take(uri, '/');
  const std::string_view name_space = take(uri, '/');
  const std::string_view sa = take(uri, '/');
  if (domain.empty() || ns != "ns" || name_space.empty() || sa != "sa" || uri.empty()) return std::nullopt;
  if (uri.find('/') != std::string_view::npos) return std::nullopt;
  return SpiffeId{std::string(domain), std::string(name_space), std::string(uri)};
}

}  // namespace meshtwin
