#pragma once

// A ByteStream through TLS: a session between plaintext above and a stream below. What has been sealed and finds no
// room below is held, and nothing more is taken meanwhile; a reader that pauses stops the stream below. Plaintext ends
// by the peer's close_notify; a connection that ends without one has been cut off, and is reset for the reader.

#include <memory>

#include "mesh/runtime/byte_stream.h"
#include "mesh/runtime/runtime.h"
#include "mesh/wire/tls_session.h"

namespace meshtwin {

// `input`: what has been read from `below` and not been used by the handshake. `below` is not being read.
std::unique_ptr<ByteStream> make_tls_stream(Runtime& runtime, std::unique_ptr<ByteStream> below,
                                            std::unique_ptr<TlsSession> session, Buffer input, Buffer output);

}  // namespace meshtwin
