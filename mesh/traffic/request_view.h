#pragma once

// A request as routing looks at it, whatever carries it: the pure side of matching knows no message of the wire. Where
// a header came in several fields, its value is theirs with commas between.

#include <optional>
#include <string>
#include <string_view>

namespace meshtwin {

struct RequestView {
  // None: there is no such field. `space`: where a value that is made of several may be kept.
  using HeaderOf = std::optional<std::string_view> (*)(const void* headers, std::string_view name, std::string& space);

  std::string_view authority;
  std::string_view path;  // with its query
  std::string_view method;
  const void* headers = nullptr;
  HeaderOf header_of = nullptr;

  // Also of ":authority" (and "host"), ":method", ":path" and ":scheme", which is what x-forwarded-proto says.
  std::optional<std::string_view> header(std::string_view name, std::string& space) const;
  std::string_view path_alone() const;
  std::string_view query() const;
};

// The first value of a parameter of the query; none: it is not there.
std::optional<std::string_view> query_param(std::string_view query, std::string_view name);

}  // namespace meshtwin
