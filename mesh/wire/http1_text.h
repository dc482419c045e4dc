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

inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// How a message's body goes. A response to HEAD, and statuses 1xx, 204 and 304, have none.
Framing request_framing(const RequestHead& head, bool end);
Framing response_framing(const ResponseHead& head, bool end, bool to_head_request, bool to_old_version);
bool status_has_no_body(std::uint16_t status);

}  // namespace meshtwin
