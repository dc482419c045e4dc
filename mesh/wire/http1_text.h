#pragma once

// The text of HTTP/1.1 heads, and its length without writing it: one description serves both, so that the modelled
// codec counts exactly what the real one sends.

#include <cstddef>
#include <string>
#include <string_view>

#include "mesh/wire/message_format.h"

namespace meshtwin {

void append_head(std::string& to, const RequestHead& head, Framing framing);
void append_head(std::string& to, const ResponseHead& head, Framing framing);
std::size_t head_length(const RequestHead& head, Framing framing);
std::size_t head_length(const ResponseHead& head, Framing framing);

// "1a2b\r\n", and its length.
void append_chunk_line(std::string& to, std::size_t chunk);
std::size_t chunk_line_length(std::size_t chunk);

// The last chunk with the trailers behind it, and its length.
void append_last_chunk(std::string& to, const Headers& trailers);
std::size_t last_chunk_length(const Headers& trailers);

inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// How a message's body goes. A response to HEAD, and statuses 1xx, 204 and 304, have none; what comes before a tunnel
// neither.
Framing request_framing(const RequestHead& head, bool end);
Framing response_framing(const ResponseHead& head, bool end, bool to_head_request, bool to_old_version);
bool status_has_no_body(std::uint16_t status);

// What a request that offers a tunnel asked for, and whether an answer begins that.
struct TunnelOffered {
  bool connect = false;
  bool upgrade = false;

  explicit operator bool() const { return connect || upgrade; }
  bool taken_by(std::uint16_t status) const {
    return (connect && status >= 200 && status < 300) || (upgrade && status == 101);
  }
};
TunnelOffered tunnel_offered(const RequestHead& head);

}  // namespace meshtwin
