#pragma once

// The pieces of which the codecs are made (http_codec.h has those).

#include <memory>

#include "mesh/wire/http2_connection.h"
#include "mesh/wire/http_codec.h"

namespace meshtwin {

std::unique_ptr<ServerConnection> make_http2_server(Runtime& runtime, std::unique_ptr<ByteStream> stream,
                                                    ServerHandler& handler, const HttpLimits& limits,
                                                    Http2Connection::MakeSession make_session);
std::unique_ptr<ClientConnection> make_http2_client(Runtime& runtime, std::unique_ptr<ByteStream> stream,
                                                    ClientHandler& handler, Http2Connection::MakeSession make_session);

// Serves with either of the two, as the client's first bytes say.
std::unique_ptr<ServerConnection> make_detecting_server(Runtime& runtime, std::unique_ptr<ByteStream> stream,
                                                        ServerHandler& handler, const HttpLimits& limits,
                                                        const HttpCodec& http1, const HttpCodec& http2);

}  // namespace meshtwin
