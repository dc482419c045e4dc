#include "mesh/wire/http1_text.h"

#include <charconv>

namespace meshtwin {
namespace {

std::string_view reason_of(std::uint16_t status) {
  switch (status) {
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unknown";
  }
}

struct Counter {
  std::size_t length = 0;
  void text(std::string_view t) { length += t.size(); }
};

struct Appender {
  std::string& to;
  void text(std::string_view t) { to.append(t); }
};

template <typename Sink>
void number(Sink& sink, std::uint64_t value, int base = 10) {
  char digits[24];
  const auto written = std::to_chars(digits, digits + sizeof digits, value, base);
  sink.text({digits, static_cast<std::size_t>(written.ptr - digits)});
}

template <typename Sink>
void lines(Sink& sink, const Headers& headers) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    sink.text(headers.name(i));
    sink.text(": ");
    sink.text(headers.value(i));
    sink.text("\r\n");
  }
}

template <typename Sink, typename Head>
void fields(Sink& sink, const Head& head, bool write_length, bool chunked) {
  lines(sink, head.headers);
  if (write_length) {
    sink.text("content-length: ");
    number(sink, static_cast<std::uint64_t>(head.content_length < 0 ? 0 : head.content_length));
    sink.text("\r\n");
  }
  if (chunked) sink.text("transfer-encoding: chunked\r\n");
  if (head.close) sink.text("connection: close\r\n");
  if (const std::string_view upgrade = head.upgrade(); !upgrade.empty()) {
    sink.text("connection: upgrade\r\nupgrade: ");
    sink.text(upgrade);
    sink.text("\r\n");
  }
  sink.text("\r\n");
}

template <typename Sink>
void request(Sink& sink, const RequestHead& head, Framing framing) {
  sink.text(head.method());
  sink.text(" ");
  sink.text(head.method() == "CONNECT" ? head.authority() : head.path());
  sink.text(" HTTP/1.1\r\nhost: ");
  sink.text(head.authority());
  sink.text("\r\n");
  // An empty body is announced only where the method leads one to expect a body.
  const bool announces = head.method() == "POST" || head.method() == "PUT" || head.method() == "PATCH";
  fields(sink, head, framing == Framing::length || (framing == Framing::none && announces),
         framing == Framing::chunked);
}

template <typename Sink>
void response(Sink& sink, const ResponseHead& head, Framing framing) {
  sink.text("HTTP/1.1 ");
  number(sink, head.status);
  sink.text(" ");
  sink.text(reason_of(head.status));
  sink.text("\r\n");
  // Without a body in sight the length still stands where it is known: an answer to HEAD, or an empty body.
  const bool announces = framing == Framing::none && head.content_length >= 0 && !status_has_no_body(head.status);
  fields(sink, head, framing == Framing::length || announces, framing == Framing::chunked);
}

}  // namespace

void append_head(std::string& to, const RequestHead& head, Framing framing) {
  Appender sink{to};
  request(sink, head, framing);
}

void append_head(std::string& to, const ResponseHead& head, Framing framing) {
  Appender sink{to};
  response(sink, head, framing);
}

std::size_t head_length(const RequestHead& head, Framing framing) {
  Counter sink;
  request(sink, head, framing);
  return sink.length;
}

std::size_t head_length(const ResponseHead& head, Framing framing) {
  Counter sink;
  response(sink, head, framing);
  return sink.length;
}

namespace {
template <typename Sink>
void last_chunk(Sink& sink, const Headers& trailers) {
  sink.text("0\r\n");
  lines(sink, trailers);
  sink.text("\r\n");
}
}  // namespace

void append_last_chunk(std::string& to, const Headers& trailers) {
  Appender sink{to};
  last_chunk(sink, trailers);
}

std::size_t last_chunk_length(const Headers& trailers) {
  Counter sink;
  last_chunk(sink, trailers);
  return sink.length;
}

void append_chunk_line(std::string& to, std::size_t chunk) {
  Appender sink{to};
  number(sink, chunk, 16);
  sink.text("\r\n");
}

std::size_t chunk_line_length(std::size_t chunk) {
  Counter sink;
  number(sink, chunk, 16);
  return sink.length + 2;
}

bool status_has_no_body(std::uint16_t status) {
  return status < 200 || status == 204 || status == 304;
}

TunnelOffered tunnel_offered(const RequestHead& head) {
  return {head.method() == "CONNECT", !head.upgrade().empty()};
}

Framing request_framing(const RequestHead& head, bool end) {
  if (offers_tunnel(head)) return Framing::none;
  if (head.content_length > 0) return Framing::length;
  if (head.content_length == 0 || end) return Framing::none;
  return Framing::chunked;
}

Framing response_framing(const ResponseHead& head, bool end, bool to_head_request, bool to_old_version) {
  if (to_head_request || status_has_no_body(head.status)) return Framing::none;
  if (head.content_length > 0) return Framing::length;
  if (head.content_length == 0 || end) return Framing::none;
  return to_old_version ? Framing::until_close : Framing::chunked;
}

}  // namespace meshtwin
