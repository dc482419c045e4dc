#pragma once

// HTTP as the engine sees it, whatever the protocol version and whatever the world: exchanges on connections. Each side
// of an exchange has a Sender for its own direction and gives a Receiver for the other. A message is a head, with as
// much of the body as is at hand, then data, until `end`. Bodies stream: a sender that is `blocked` has more waiting
// than its connection takes, its Receiver hears `on_room` when that is gone; a receiver that cannot keep up pauses.
//
// A CONNECT that is answered 2xx, and an upgrade that is answered 101, turn their exchange into a tunnel: the bodies of
// both messages are its bytes, each direction ends by its own `end`, and the exchange is over when both have. Answered
// otherwise the request has ended, and nothing more comes of it.
//
// Rules, on every codec: a Receiver or a handler is never called from inside a call on its connection. A server's
// exchange is over when it has sent its end, a client's when it has received it, either when it is reset by one side;
// after that no callback comes and its Sender is not used again. A connection may be destroyed in any callback.

#include <cstdint>
#include <memory>

#include "mesh/base/buffer.h"
#include "mesh/base/time.h"
#include "mesh/runtime/byte_stream.h"
#include "mesh/runtime/runtime.h"
#include "mesh/wire/http_message.h"

namespace meshtwin {

enum class ResetReason {
  lost_unanswered,  // the connection ended before the first byte of an answer
  lost,             // the connection ended in the middle of a message; or, to a server, its client is gone
  protocol,         // what came was not HTTP, or beyond the limits
  refused,    // HTTP/2 REFUSED_STREAM, or a stream beyond the last one a GOAWAY lets pass: it has not been looked at
  cancelled,  // HTTP/2: the other side reset this exchange alone
  idle,       // to a server: the limits' time passed with nothing said; it answers 408 itself if nothing was answered
};

template <typename Head>
class Receiver {
 public:
  virtual void on_head(std::unique_ptr<Head> head, Buffer& data, bool end) = 0;
  virtual void on_data(Buffer& data, bool end) = 0;  // `data` may be empty when it is the end
  // The end of a message that has trailers, instead of `end` before.
  virtual void on_trailers(std::unique_ptr<Headers> /*trailers*/) {
    Buffer nothing;
    on_data(nothing, true);
  }
  virtual void on_reset(ResetReason reason) = 0;
  virtual void on_room() {}

 protected:
  ~Receiver() = default;
};

template <typename Head>
class Sender {
 public:
  virtual void send_head(std::unique_ptr<Head> head, Buffer& data, bool end) = 0;
  virtual void send_data(Buffer& data, bool end) = 0;  // takes all of it
  // Ends the message with trailers. HTTP/1.1 leaves them out where the body is not chunked.
  virtual void send_trailers(std::unique_ptr<Headers> trailers) = 0;
  virtual bool blocked() const = 0;
  virtual void pause() = 0;  // nothing is delivered to the receiver until `resume`
  virtual void resume() = 0;
  virtual void reset() = 0;  // ends the exchange at once, for both sides

 protected:
  ~Sender() = default;
};

using RequestReceiver = Receiver<RequestHead>;
using ResponseReceiver = Receiver<ResponseHead>;
using ServerExchange = Sender<ResponseHead>;
using ClientExchange = Sender<RequestHead>;

class ServerConnection {
 public:
  virtual ~ServerConnection() = default;
};

class ServerHandler {
 public:
  // A request is coming: its head is delivered to the receiver next.
  virtual RequestReceiver& on_exchange(ServerConnection& connection, ServerExchange& exchange) = 0;
  // Nothing more comes; to be destroyed.
  virtual void on_closed(ServerConnection& connection) = 0;

 protected:
  ~ServerHandler() = default;
};

class ClientConnection {
 public:
  virtual ~ClientConnection() = default;
  // How many exchanges may begin now. 1 on a fresh HTTP/1.1 connection; grows again by on_available.
  virtual std::uint32_t room() const = 0;
  // Begins an exchange; only when there is room for one.
  virtual ClientExchange& open(ResponseReceiver& receiver) = 0;
};

class ClientHandler {
 public:
  virtual void on_available(ClientConnection& connection) = 0;  // there is more room than before
  virtual void on_closed(ClientConnection& connection) = 0;     // no further exchange; to be destroyed

 protected:
  ~ClientHandler() = default;
};

// Of a server. Times as Envoy has them by default, but for `request_head`, which it leaves off: without that a client
// that sends a head byte by byte keeps its connection for ever. 0: no such limit.
struct HttpLimits {
  std::size_t head_bytes = 60 * 1024;
  std::size_t header_count = 100;
  Duration request_head = 60 * kSecond;       // from a head's first byte to its last
  Duration stream_idle = 300 * kSecond;       // an exchange on which neither side says anything
  Duration connection_idle = 3600 * kSecond;  // a connection without an exchange

  Duration shortest_time() const;  // 0: no time is limited
};

class HttpCodec {
 public:
  virtual ~HttpCodec() = default;
  virtual std::unique_ptr<ServerConnection> serve(Runtime& runtime, std::unique_ptr<ByteStream> stream,
                                                  ServerHandler& handler, const HttpLimits& limits) const = 0;
  virtual std::unique_ptr<ClientConnection> connect(Runtime& runtime, std::unique_ptr<ByteStream> stream,
                                                    ClientHandler& handler) const = 0;
  // Appends a body of that many bytes, without meaning.
  virtual void append_body(Buffer& to, std::uint64_t length) const = 0;
};

// What a role speaks HTTP with on one kind of wire.
struct HttpCodecs {
  const HttpCodec& http1;
  const HttpCodec& http2;
  const HttpCodec& detect;  // servers only: whichever the client's first bytes are; HTTP/2 with prior knowledge

  const HttpCodec& of(HttpVersion version) const { return version == HttpVersion::http2 ? http2 : http1; }
};

const HttpCodec& http1_codec();       // real bytes
const HttpCodec& modelled_codec();    // message objects, and the byte counts of HTTP/1.1
const HttpCodecs& real_codecs();      // bytes
const HttpCodecs& modelled_codecs();  // message objects, and the byte counts of the real codecs

}  // namespace meshtwin
