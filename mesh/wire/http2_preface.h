#pragma once

// What an HTTP/2 client sends first.

#include <string_view>

#include "mesh/base/buffer.h"

namespace meshtwin {

inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Rides on the preface's bytes on a modelled wire.
class Http2PrefaceMessage final : public Message {};

}  // namespace meshtwin
