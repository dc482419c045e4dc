#pragma once

// What a TLS client asks for, read from its first message before anybody answers it.

#include <optional>
#include <string>
#include <string_view>

namespace meshtwin {

// The server name of a ClientHello (RFC 8446, RFC 6066); empty: it names none, or is no ClientHello. None: it is not
// whole yet.
std::optional<std::string> server_name_of(std::string_view bytes);

}  // namespace meshtwin
