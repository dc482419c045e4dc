#pragma once

// How HTTP/1.1 messages go on a byte stream, as text or as objects: the part in which the codecs differ. Everything
// else (exchanges, keep-alive, closing, back-pressure, charges) is common to them, in server_connection and
// client_connection, so that both give the same events.

#include <memory>

#include "mesh/base/buffer.h"
#include "mesh/wire/http_codec.h"
#include "mesh/wire/http_message.h"

namespace meshtwin {

enum class Framing : unsigned char { none, length, chunked, until_close };

enum class ReadError : unsigned char { none, bad_message, head_too_large, not_implemented };

// What one call of a reader brought.
template <typename Head>
struct Piece {
  std::unique_ptr<Head> head;
  std::size_t head_bytes = 0;
  Buffer data;
  bool end = false;
  std::unique_ptr<Headers> trailers;  // with the end, where it has some
  bool keep_alive = true;             // as the head says
  bool expects_continue = false;      // the client waits for 100 before it sends the body
  bool old_version = false;           // HTTP/1.0: knows no chunks
  ReadError error = ReadError::none;

  bool empty() const { return head == nullptr && data.empty() && !end && error == ReadError::none; }
};

template <typename Head>
class MessageReader {
 public:
  virtual ~MessageReader() = default;
  // Reads on from the front of `input`, to the end of the message at most. What is left over belongs to the next one.
  virtual Piece<Head> read(Buffer& input) = 0;
  // The connection has ended: is that the end of the message?
  virtual bool ends_at_close() const = 0;
  virtual void answers(std::string_view method) = 0;  // the request that the message to come is for
};

class MessageFormat {
 public:
  virtual ~MessageFormat() = default;
  // Appends the head and returns its length in bytes.
  virtual std::size_t write_head(Buffer& to, std::unique_ptr<RequestHead> head, Framing framing) const = 0;
  virtual std::size_t write_head(Buffer& to, std::unique_ptr<ResponseHead> head, Framing framing) const = 0;
  virtual void write_chunk(Buffer& to, Buffer& data) const = 0;                            // not empty
  virtual void write_last_chunk(Buffer& to, std::unique_ptr<Headers> trailers) const = 0;  // null: none
  virtual void write_continue(Buffer& to) const = 0;
  virtual std::unique_ptr<MessageReader<RequestHead>> request_reader(const HttpLimits& limits) const = 0;
  virtual std::unique_ptr<MessageReader<ResponseHead>> response_reader(const HttpLimits& limits) const = 0;
};

std::unique_ptr<ServerConnection> make_server_connection(Runtime& runtime, const MessageFormat& format,
                                                         std::unique_ptr<ByteStream> stream, ServerHandler& handler,
                                                         const HttpLimits& limits);
std::unique_ptr<ClientConnection> make_client_connection(Runtime& runtime, const MessageFormat& format,
                                                         std::unique_ptr<ByteStream> stream, ClientHandler& handler);

}  // namespace meshtwin
