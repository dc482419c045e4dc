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
    return r.grow(r.url_, at, length) ? 0 : 1;
  }
  static int field(http_parser* p, const char* at, std::size_t length) {
    Http1Reader& r = self(p);
    if (r.at_ == At::body) return 0;  // a trailer
    if (r.at_ == At::value && !r.end_field()) return 1;
    if (std::exchange(r.at_, At::name) != At::name) r.name_ = r.head_->headers.begin_text();
    return r.grow(r.name_, at, length) ? 0 : 1;
  }
  static int value(http_parser* p, const char* at, std::size_t length) {
    Http1Reader& r = self(p);
    if (r.at_ == At::body) return 0;
    if (std::exchange(r.at_, At::value) != At::value) r.value_ = r.head_->headers.begin_text();
    return r.grow(r.value_, at, length) ? 0 : 1;
  }
  static int headers_complete(http_parser* p) {
    Http1Reader& r = self(p);
    if (!r.end_head()) return -1;
    p->upgrade = 0;           // an offer we do not take up
    http_parser_pause(p, 1);  // shows where the head ends: on the byte it stops at
    if constexpr (!is_request<Head>) {
      if (r.no_body_ || status_has_no_body(r.piece_->head->status)) return 1;
    }
    return 0;
  }
  static int body(http_parser* p, const char* at, std::size_t length) {
    Http1Reader& r = self(p);
    r.piece_->data.append(r.input_->share(static_cast<std::size_t>(at - r.block_), length));
    return 0;
  }
  static int message_complete(http_parser* p) {
    self(p).piece_->end = true;
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
    const std::size_t read = http_parser_execute(&parser_, &settings, bytes.data(), bytes.size());
    if (piece.head != nullptr && piece.head_bytes == 0) {
      piece.head_bytes = head_seen_ + read + 1;
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
    if (at_ != At::body) head_seen_ += read;
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
  head_seen_ = 0;
  connection_.clear();
  field_count_ = host_count_ = length_count_ = coding_count_ = 0;
  chunked_ = expects_continue_ = until_close_ = false;
}

template <typename Head>
bool Http1Reader<Head>::grow(Headers::Text& text, const char* at, std::size_t length) {
  if (head_seen_ + static_cast<std::size_t>(at - block_) + length > limits_.head_bytes) {
    return fail(ReadError::head_too_large);
  }
  head_->headers.grow_text(text, {at, length});
  return true;
}

template <typename Head>
bool Http1Reader<Head>::end_field() {
  if (++field_count_ > limits_.header_count) return fail(ReadError::head_too_large);
  Headers& headers = head_->headers;
  headers.lower_case(name_);
  const std::string_view name = headers.text(name_);
  if (name.empty() || name.find_first_of(" \t") != std::string_view::npos) return fail(ReadError::bad_message);
  const std::string_view value = trimmed(headers.text(value_));
  value_.at += static_cast<std::uint32_t>(value.data() - headers.text(value_).data());
  value_.length = static_cast<std::uint32_t>(value.size());
  return keep_field(name, value);
}

template <typename Head>
bool Http1Reader<Head>::keep_field(std::string_view name, std::string_view value) {
  if (name == "content-length" || name == "transfer-encoding") return take_framing_field(name, value);
  if (name == "connection") {
    if (!equals_ignoring_case(value, "close") && !equals_ignoring_case(value, "keep-alive")) {
      connection_.append(value).append(",");
    }
  } else if (name == "keep-alive" || name == "proxy-connection" || name == "upgrade" || name == "te") {
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
  if (!connection_.empty()) drop_nominated_fields();
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
    if (parser_.method == HTTP_CONNECT) return fail(ReadError::not_implemented);
    if (coding_count_ > 0 && !chunked_) return fail(ReadError::not_implemented);
    if (host_count_ == 0 && parser_.http_minor > 0) return fail(ReadError::bad_message);
    if (chunked_) head_->content_length = kUnknownLength;
    head_->set_path(url_);
    head_->set_method(http_method_str(static_cast<http_method>(parser_.method)));
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
    if (status_has_no_body(head_->status)) {
      head_->content_length = 0;
    } else if (length_count_ == 0) {
      head_->content_length = kUnknownLength;
      until_close_ = !chunked_ && !no_body_;
    }
  }
  return true;
}

// Fields that Connection names are of this connection alone.
template <typename Head>
void Http1Reader<Head>::drop_nominated_fields() {
  std::size_t begin = 0;
  while (begin < connection_.size()) {
    const std::size_t end = connection_.find(',', begin);
    std::string name(trimmed(std::string_view(connection_).substr(begin, end - begin)));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    head_->headers.remove(name);
    begin = end + 1;
  }
}

template class Http1Reader<RequestHead>;
template class Http1Reader<ResponseHead>;

}  // namespace meshtwin
