#pragma once

// The heads of HTTP messages as the engine handles them: what is said end to end. What belongs to one connection alone
// (Connection, Transfer-Encoding, the way a body is framed) is the codec's and never stands among the headers; method,
// path and authority are members, as in HTTP/2, and so is the protocol that an HTTP/1.1 message offers to change to.
// All text of a head lies in one block inside it: making, moving and copying a head takes one allocation, and finding a
// header is a short scan. A head is a Message, so a modelled wire carries it whole.

#include <cstdint>
#include <memory>
#include <string_view>

#include "mesh/base/buffer.h"
#include "mesh/wire/small_vector.h"

namespace meshtwin {

inline constexpr std::int64_t kUnknownLength = -1;

// Header fields in the order they came; names in lower case.
class Headers {
 public:
  std::size_t size() const { return fields_.size(); }
  std::string_view name(std::size_t i) const { return text(fields_[i].name); }
  std::string_view value(std::size_t i) const { return text(fields_[i].value); }

  bool has(std::string_view name) const { return find(name) < size(); }
  std::string_view get(std::string_view name) const;  // the first of that name; empty when there is none
  void add(std::string_view name, std::string_view value);
  void set(std::string_view name, std::string_view value);  // replaces every field of that name
  void remove(std::string_view name);

  // A text kept beside the fields (a path, an authority).
  struct Text {
    std::uint32_t at = 0;
    std::uint32_t length = 0;
  };
  Text keep(std::string_view text);
  std::string_view text(Text t) const { return {text_.data() + t.at, t.length}; }

  // For parsers, which get a head in pieces: only the text begun last can grow.
  Text begin_text() const { return {static_cast<std::uint32_t>(text_.size()), 0}; }
  void grow_text(Text& t, std::string_view more);
  void add(Text name, Text value) { fields_.push_back({name, value}); }
  void lower_case(Text name);
  void forget_from(Text t) { text_.truncate(t.at); }

 private:
  struct Field {
    Text name;
    Text value;
  };
  std::size_t find(std::string_view name) const;

  SmallVector<Field, 10> fields_;
  SmallVector<char, 320> text_;
};

enum class HttpVersion : unsigned char { http1, http2 };

class RequestHead final : public Message {
 public:
  RequestHead() = default;

  std::string_view method() const { return headers.text(method_); }
  std::string_view path() const { return headers.text(path_); }
  std::string_view authority() const { return headers.text(authority_); }
  std::string_view upgrade() const { return headers.text(upgrade_); }  // what it offers to change to; empty: nothing
  void set_method(std::string_view method) { method_ = headers.keep(method); }
  void set_path(std::string_view path) { path_ = headers.keep(path); }
  void set_authority(std::string_view authority) { authority_ = headers.keep(authority); }
  void set_upgrade(std::string_view upgrade) { upgrade_ = headers.keep(upgrade); }
  void set_path(Headers::Text path) { path_ = path; }
  void set_authority(Headers::Text authority) { authority_ = authority; }

  std::unique_ptr<RequestHead> clone() const { return std::make_unique<RequestHead>(*this); }
  RequestHead(const RequestHead&) = default;

  Headers headers;
  std::int64_t content_length = 0;           // of the body; kUnknownLength: it ends where it ends
  HttpVersion version = HttpVersion::http1;  // in which it came
  bool close = false;                        // the sender wants no further exchange on this connection

 private:
  Headers::Text method_;
  Headers::Text path_;
  Headers::Text authority_;
  Headers::Text upgrade_;
};

class ResponseHead final : public Message {
 public:
  explicit ResponseHead(std::uint16_t the_status = 200) : status(the_status) {}
  std::string_view upgrade() const { return headers.text(upgrade_); }  // of a 101: what follows; of a 426: what might
  void set_upgrade(std::string_view upgrade) { upgrade_ = headers.keep(upgrade); }

  Headers headers;
  std::int64_t content_length = 0;
  std::uint16_t status;
  bool close = false;

 private:
  Headers::Text upgrade_;
};

// Such a request does not end before its answer: if that says yes, its body is what goes one way through a tunnel.
inline bool offers_tunnel(const RequestHead& head) {
  return !head.upgrade().empty() || head.method() == "CONNECT";
}

std::unique_ptr<RequestHead> make_request(std::string_view method, std::string_view authority, std::string_view path);

}  // namespace meshtwin
