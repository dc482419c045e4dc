#pragma once

// A head as HTTP/2's list of fields: the pseudo-fields first, then the headers, then the length. One description serves
// the codec that writes it and the model that counts it.

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "mesh/wire/http_message.h"

namespace meshtwin {

// Fields of one HTTP/1.1 connection have no place in HTTP/2 (RFC 9113, 8.2.2).
inline bool is_connection_field(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 2:
      return name == "te" && value != "trailers";
    case 7:
      return name == "upgrade";
    case 10:
      return name == "connection" || name == "keep-alive";
    case 16:
      return name == "proxy-connection";
    case 17:
      return name == "transfer-encoding";
    default:
      return false;
  }
}

// The text of a number, valid as long as this is.
class NumberText {
 public:
  explicit NumberText(std::uint64_t value)
      : length_(static_cast<std::size_t>(std::to_chars(text_, text_ + sizeof text_, value).ptr - text_)) {}
  std::string_view text() const { return {text_, length_}; }

 private:
  char text_[24];
  std::size_t length_;
};

template <typename Visit>
void visit_fields(const Headers& headers, const Visit& visit) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (!is_connection_field(headers.name(i), headers.value(i))) visit(headers.name(i), headers.value(i));
  }
}

// Whether the head says how long its body is.
inline bool says_length(const RequestHead& head) {
  if (head.method() == "CONNECT") return false;
  const bool expected = head.method() == "POST" || head.method() == "PUT" || head.method() == "PATCH";
  return head.content_length > 0 || (head.content_length == 0 && expected);
}
inline bool says_length(const ResponseHead& head) {
  if (head.status < 200 || head.status == 204) return false;
  return head.content_length > 0 || (head.content_length == 0 && head.status != 304);
}

// What a received head means, beyond its fields. `end`: nothing follows it.
inline void finish_request(RequestHead& head, bool end) {
  if (head.headers.has("host")) {
    if (head.authority().empty()) head.set_authority(std::string(head.headers.get("host")));
    head.headers.remove("host");
  }
  if (head.method() == "CONNECT") head.content_length = kUnknownLength;
  if (end) head.content_length = 0;
}
inline void finish_response(ResponseHead& head, bool to_connect, bool to_head, bool end) {
  if (to_connect && head.status / 100 == 2) head.content_length = kUnknownLength;
  if (head.status == 204 || head.status == 304) head.content_length = 0;
  if (end && !to_head) head.content_length = 0;
}

template <typename Visit>
void visit_fields(const RequestHead& head, const Visit& visit) {
  const bool connect = head.method() == "CONNECT";
  visit(":method", head.method());
  if (!connect) visit(":scheme", "http");
  visit(":authority", head.authority());
  if (!connect) visit(":path", head.path());
  visit_fields(head.headers, visit);
  if (says_length(head)) {
    const NumberText length(static_cast<std::uint64_t>(head.content_length));
    visit("content-length", length.text());
  }
}

template <typename Visit>
void visit_fields(const ResponseHead& head, const Visit& visit) {
  const NumberText status(head.status);
  visit(":status", status.text());
  visit_fields(head.headers, visit);
  if (says_length(head)) {
    const NumberText length(static_cast<std::uint64_t>(head.content_length));
    visit("content-length", length.text());
  }
}

// Before compression.
template <typename Head>
std::size_t fields_length(const Head& head) {
  std::size_t length = 0;
  visit_fields(head, [&](std::string_view name, std::string_view value) { length += name.size() + value.size(); });
  return length;
}

}  // namespace meshtwin
