#include "mesh/wire/http1_reader.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "mesh/wire/http1_text.h"

namespace meshtwin {
namespace {

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

// "host:port", as the target of a CONNECT must be.
bool names_a_port(std::string_view target) {
  const std::size_t colon = target.rfind(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < target.size() && target.size() <= colon + 6 &&
         target.find_first_not_of("0123456789", colon + 1) == std::string_view::npos &&
         target.find('/') == std::string_view::npos;
}

template <typename Head>
constexpr bool is_request = std::is_same_v<Head, RequestHead>;

}  // namespace

// Each returns 0 to go on; anything else stops the parser.
template <typename Head>
struct Http1Reader<Head>::Callbacks {
  static Http1Reader& self(http_parser* p) { return *static_cast<Http1Reader*>(p->data); }

  static int message_begin(http_parser* p) {
    self(p).begin_message();
    return 0;
  }
  static int url(http_parser* p, const char* at, std::size_t length) {
    Http1Reader& r = self(p);
    if (std::exchange(r.at_, At::url) != At::url) r.url_ = r.head_->headers.begin_text();
    return r.grow(r.head_->headers, r.url_, at, length) ? 0 : 1;
  }
  static int field(http_parser* p, const char* at, std::size_t length) {
    Http1Reader& r = self(p);
    if (r.at_ >= At::body) return trailer_name(r, at, length);
    if (r.at_ == At::value && !r.end_field()) return 1;
    if (std::exchange(r.at_, At::name) != At::name) r.name_ = r.head_->headers.begin_text();
    return r.grow(r.head_->headers, r.name_, at, length) ? 0 : 1;
  }
  static int value(http_parser* p, const char* at, std::size_t length) {
    Http1Reader& r = self(p);
    const bool trailer = r.at_ >= At::body;
    const At here = trailer ? At::trailer_value : At::value;
    Headers& headers = trailer ? r.trailers() : r.head_->headers;
    if (std::exchange(r.at_, here) != here) r.value_ = headers.begin_text();
    return r.grow(headers, r.value_, at, length) ? 0 : 1;
  }
  static int trailer_name(Http1Reader& r, const char* at, std::size_t length) {
    if (r.at_ == At::body) {
      r.seen_ = 0;
      r.block_bias_ = static_cast<std::size_t>(at - r.block_);
    }
    if (r.at_ == At::trailer_value && !r.end_trailer()) return 1;
    if (std::exchange(r.at_, At::trailer_name) != At::trailer_name) r.name_ = r.trailers().begin_text();
    return r.grow(r.trailers(), r.name_, at, length) ? 0 : 1;
  }
  static int headers_complete(http_parser* p) {
    Http1Reader& r = self(p);
    if (!r.end_head()) return -1;
    p->upgrade = 0;           // whether that comes to be is for others to say
    http_parser_pause(p, 1);  // shows where the head ends: on the byte it stops at
    return r.has_no_body() ? 1 : 0;
  }
  static int body(http_parser* p, const char* at, std::size_t length) {
    Http1Reader& r = self(p);
    r.piece_->data.append(r.input_->share(static_cast<std::size_t>(at - r.block_), length));
    return 0;
  }
  static int message_complete(http_parser* p) {
    Http1Reader& r = self(p);
    if (r.at_ == At::trailer_value && !r.end_trailer()) return 1;
    r.piece_->end = true;
    r.piece_->trailers = std::move(r.trailers_);
    http_parser_pause(p, 1);
    return 0;
  }
  static http_parser_settings settings() {
    http_parser_settings s;
    http_parser_settings_init(&s);
    s.on_message_begin = message_begin;
    s.on_url = url;
    s.on_header_field = field;
    s.on_header_value = value;
    s.on_headers_complete = headers_complete;
    s.on_body = body;
    s.on_message_complete = message_complete;
    return s;
  }
};

template <typename Head>
Http1Reader<Head>::Http1Reader(const HttpLimits& limits) : limits_(limits) {
  http_parser_init(&parser_, is_request<Head> ? HTTP_REQUEST : HTTP_RESPONSE);
  parser_.data = this;
}

template <typename Head>
Piece<Head> Http1Reader<Head>::read(Buffer& input) {
  static const http_parser_settings settings = Callbacks::settings();
  Piece<Head> piece;
  piece_ = &piece;
  input_ = &input;
  while (!input.empty() && !piece.end && error_ == ReadError::none) {
    if (input.front_is_virtual()) {
      error_ = ReadError::bad_message;  // a modelled peer
      break;
    }
    const std::string_view bytes = input.front_bytes();
    block_ = bytes.data();
    block_bias_ = 0;
    const std::size_t read = http_parser_execute(&parser_, &settings, bytes.data(), bytes.size());
    if (piece.head != nullptr && piece.head_bytes == 0) {
      piece.head_bytes = seen_ + read + 1;
      http_parser_pause(&parser_, 0);
    } else if (piece.end && HTTP_PARSER_ERRNO(&parser_) == HPE_PAUSED) {
      http_parser_init(&parser_, is_request<Head> ? HTTP_REQUEST : HTTP_RESPONSE);
      until_close_ = false;
      at_ = At::start;
    } else if (HTTP_PARSER_ERRNO(&parser_) == HPE_HEADER_OVERFLOW) {
      error_ = ReadError::head_too_large;
    } else if (HTTP_PARSER_ERRNO(&parser_) != HPE_OK && error_ == ReadError::none) {
      error_ = ReadError::bad_message;
    }
    if (at_ != At::body) seen_ += read - std::min(read, block_bias_);
    if (error_ == ReadError::none) input.drop(read);
  }
  if (error_ != ReadError::none) {
    piece.error = error_;
    input.clear();
  }
  return piece;
}

template <typename Head>
void Http1Reader<Head>::begin_message() {
  head_ = std::make_unique<Head>();
  at_ = At::start;
  seen_ = 0;
  connection_.clear();
  upgrade_.clear();
  field_count_ = host_count_ = length_count_ = coding_count_ = 0;
  chunked_ = expects_continue_ = until_close_ = false;
}

template <typename Head>
bool Http1Reader<Head>::grow(Headers& headers, Headers::Text& text, const char* at, std::size_t length) {
  if (seen_ + static_cast<std::size_t>(at - block_) - block_bias_ + length > limits_.head_bytes) {
    return fail(ReadError::head_too_large);
  }
  headers.grow_text(text, {at, length});
  return true;
}

template <typename Head>
Headers& Http1Reader<Head>::trailers() {
  if (trailers_ == nullptr) {
    trailers_ = std::make_unique<Headers>();
    field_count_ = 0;
  }
  return *trailers_;
}

// What frames a message, or says whose it is, is none of a trailer's business (RFC 9110, 6.5.1).
template <typename Head>
bool Http1Reader<Head>::end_trailer() {
  if (!trim_field(*trailers_)) return false;
  static constexpr std::string_view kRefused[] = {
      "content-length", "transfer-encoding", "host",          "connection", "upgrade",    "te",
      "trailer",        "keep-alive",        "authorization", "expect",     "set-cookie", "content-type"};
  if (std::find(std::begin(kRefused), std::end(kRefused), trailers_->text(name_)) != std::end(kRefused)) {
    trailers_->forget_from(name_);
  } else {
    trailers_->add(name_, value_);
  }
  return true;
}

template <typename Head>
bool Http1Reader<Head>::end_field() {
  Headers& headers = head_->headers;
  return trim_field(headers) && keep_field(headers.text(name_), headers.text(value_));
}

template <typename Head>
bool Http1Reader<Head>::trim_field(Headers& headers) {
  if (++field_count_ > limits_.header_count) return fail(ReadError::head_too_large);
  headers.lower_case(name_);
  const std::string_view name = headers.text(name_);
  if (name.empty() || name.find_first_of(" \t") != std::string_view::npos) return fail(ReadError::bad_message);
  const std::string_view value = trimmed(headers.text(value_));
  value_.at += static_cast<std::uint32_t>(value.data() - headers.text(value_).data());
  value_.length = static_cast<std::uint32_t>(value.size());
  return true;
}

template <typename Head>
bool Http1Reader<Head>::keep_field(std::string_view name, std::string_view value) {
  if (name == "content-length" || name == "transfer-encoding") return take_framing_field(name, value);
  if (name == "connection") {
    if (!equals_ignoring_case(value, "close") && !equals_ignoring_case(value, "keep-alive")) {
      connection_.append(value).append(",");
    }
  } else if (name == "upgrade") {
    upgrade_.append(upgrade_.empty() ? "" : ", ").append(value);
  } else if (name == "keep-alive" || name == "proxy-connection" || name == "te") {
    // of this connection alone
  } else if (name == "host" && is_request<Head>) {
    if (++host_count_ > 1) return fail(ReadError::bad_message);
    if constexpr (is_request<Head>) head_->set_authority(value_);
    return true;
  } else if (name == "expect" && is_request<Head>) {
    if (!equals_ignoring_case(value, "100-continue")) return fail(ReadError::bad_message);
    expects_continue_ = true;
  } else {
    head_->headers.add(name_, value_);
    return true;
  }
  head_->headers.forget_from(name_);
  return true;
}

template <typename Head>
bool Http1Reader<Head>::take_framing_field(std::string_view name, std::string_view value) {
  if (name == "transfer-encoding") {
    ++coding_count_;
    chunked_ = equals_ignoring_case(value, "chunked");
  } else {
    ++length_count_;
    const bool digits = !value.empty() && value.size() <= 18 &&
                        std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return fail(ReadError::bad_message);
    std::int64_t length = 0;
    for (char c : value) length = length * 10 + (c - '0');
    head_->content_length = length;
  }
  head_->headers.forget_from(name_);
  return true;
}

template <typename Head>
bool Http1Reader<Head>::end_head() {
  if (at_ == At::value && !end_field()) return false;
  at_ = At::body;
  const bool parser_sees_chunks = (parser_.flags & F_CHUNKED) != 0;
  if (parser_.http_major != 1 || length_count_ > 1 || coding_count_ > 1 || parser_sees_chunks != chunked_ ||
      (length_count_ > 0 && coding_count_ > 0) || (coding_count_ > 0 && parser_.http_minor == 0)) {
    return fail(ReadError::bad_message);
  }
  if constexpr (is_request<Head>) {
    if (!end_request_head()) return false;
  } else {
    if (!end_response_head()) return false;
  }
  if (!connection_.empty()) take_nominations();
  const bool old_version = parser_.http_minor == 0;
  piece_->head = std::move(head_);
  piece_->old_version = old_version;
  piece_->keep_alive =
      (parser_.flags & F_CONNECTION_CLOSE) == 0 && (!old_version || (parser_.flags & F_CONNECTION_KEEP_ALIVE) != 0);
  piece_->expects_continue = expects_continue_ && !old_version;
  return true;
}

template <typename Head>
bool Http1Reader<Head>::end_request_head() {
  if constexpr (is_request<Head>) {
    if (coding_count_ > 0 && !chunked_) return fail(ReadError::not_implemented);
    if (host_count_ == 0 && parser_.http_minor > 0) return fail(ReadError::bad_message);
    if (chunked_) head_->content_length = kUnknownLength;
    head_->set_method(http_method_str(static_cast<http_method>(parser_.method)));
    if (parser_.method == HTTP_CONNECT) {
      const bool has_port = names_a_port(head_->headers.text(url_));
      if (length_count_ + coding_count_ > 0 || parser_.http_minor == 0 || !has_port) {
        return fail(ReadError::bad_message);
      }
      head_->set_authority(url_);
      head_->content_length = kUnknownLength;
      return true;
    }
    head_->set_path(url_);
    const std::string url(head_->path());
    if (url.empty()) return fail(ReadError::bad_message);
    if (url[0] == '/' || url == "*") return true;
    http_parser_url parts;  // the absolute form, as sent to a proxy
    http_parser_url_init(&parts);
    if (http_parser_parse_url(url.data(), url.size(), 0, &parts) != 0 || (parts.field_set & (1 << UF_HOST)) == 0) {
      return fail(ReadError::bad_message);
    }
    const auto host = parts.field_data[UF_HOST];
    const std::size_t end = (parts.field_set & (1 << UF_PORT)) != 0
                                ? parts.field_data[UF_PORT].off + parts.field_data[UF_PORT].len
                                : host.off + host.len;
    head_->set_authority(std::string_view(url).substr(host.off, end - host.off));
    const bool has_path = (parts.field_set & (1 << UF_PATH)) != 0;
    head_->set_path(has_path ? std::string_view(url).substr(parts.field_data[UF_PATH].off) : std::string_view("/"));
  }
  return true;
}

template <typename Head>
bool Http1Reader<Head>::end_response_head() {
  if constexpr (!is_request<Head>) {
    head_->status = static_cast<std::uint16_t>(parser_.status_code);
    if (head_->status < 100) return fail(ReadError::bad_message);
    const bool begins_tunnel = to_connect_ && head_->status / 100 == 2;
    if (status_has_no_body(head_->status)) {
      head_->content_length = 0;
    } else if (length_count_ == 0 || begins_tunnel) {
      head_->content_length = kUnknownLength;
      until_close_ = !chunked_ && !to_head_ && !begins_tunnel;
    }
  }
  return true;
}

// Of the message whose head has just been read.
template <typename Head>
bool Http1Reader<Head>::has_no_body() const {
  if constexpr (is_request<Head>) {
    return false;
  } else {
    const std::uint16_t status = piece_->head->status;
    return to_head_ || status_has_no_body(status) || (to_connect_ && status / 100 == 2);
  }
}

// Fields that Connection names are of this connection alone. An offer to change to another protocol is one only if it
// is named, in HTTP/1.1, by a request without a body; what it would mean to change to HTTP/2 is not ours to pass on.
template <typename Head>
void Http1Reader<Head>::take_nominations() {
  std::size_t begin = 0;
  while (begin < connection_.size()) {
    const std::size_t end = connection_.find(',', begin);
    std::string name(trimmed(std::string_view(connection_).substr(begin, end - begin)));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (name == "upgrade" && !upgrade_.empty() && upgrade_.find("h2c") == std::string::npos && parser_.http_minor > 0 &&
        (!is_request<Head> || head_->content_length == 0)) {
      head_->set_upgrade(upgrade_);
    }
    head_->headers.remove(name);
    begin = end + 1;
  }
}

template class Http1Reader<RequestHead>;
template class Http1Reader<ResponseHead>;

}  // namespace meshtwin
