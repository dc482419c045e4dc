#include "mesh/traffic/request_view.h"

#include <algorithm>

namespace meshtwin {

std::optional<std::string_view> RequestView::header(std::string_view name, std::string& space) const {
  if (name == ":authority" || name == "host") return authority;
  if (name == ":method") return method;
  if (name == ":path") return path;
  if (name == ":scheme") return header("x-forwarded-proto", space).value_or("http");
  if (header_of == nullptr) return std::nullopt;
  return header_of(headers, name, space);
}

std::string_view RequestView::path_alone() const {
  std::size_t end = 0;
  while (end < path.size() && path[end] != '?' && path[end] != '#') ++end;
  return path.substr(0, end);
}

std::string_view RequestView::query() const {
  const std::size_t mark = path.find('?');
  if (mark == std::string_view::npos) return {};
  const std::string_view after = path.substr(mark + 1);
  return after.substr(0, after.find('#'));
}

std::optional<std::string_view> query_param(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), one.size() + 1));
    const std::size_t equals = one.find('=');
    if (one.substr(0, equals) != name) continue;
    return equals == std::string_view::npos ? std::string_view() : one.substr(equals + 1);
  }
  return std::nullopt;
}

}  // namespace meshtwin
