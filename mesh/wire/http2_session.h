#pragma once

// One side of HTTP/2 framing, as bytes or as message objects: the part in which the two codecs differ. Everything else
// (exchanges, pausing, limits, the end of a connection) is common to them, in http2_connection, so that both give the
// same events. A session makes no callback into the engine: what comes in is put into its stream and reported to the
// sink, which notes it; what goes out is pulled from the streams when there is room for it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "mesh/base/buffer.h"
#include "mesh/wire/http_codec.h"

namespace meshtwin {

enum class Http2Error : std::uint32_t {
  none = 0,
  protocol = 1,
  internal = 2,
  flow_control = 3,
  settings_timeout = 4,
  stream_closed = 5,
  frame_size = 6,
  refused_stream = 7,
  cancel = 8,
  compression = 9,
  connect_error = 10,
  enhance_your_calm = 11,
};

// What either side says of itself in its SETTINGS.
inline constexpr std::uint32_t kHttp2Streams = 100;
inline constexpr std::uint32_t kHttp2StreamWindow = 256 * 1024;
inline constexpr std::uint32_t kHttp2ConnectionWindow = 16 * 1024 * 1024;
inline constexpr std::uint32_t kHttp2Frame = 16 * 1024;
inline constexpr std::uint32_t kHttp2DefaultWindow = 65535;

// A stream's two directions, between the session and the connection.
struct Http2Stream {
  std::int32_t id = 0;
  bool closed = false;  // the session has done with it

  // Coming in, not delivered yet. `head` and `trailers` are complete.
  std::unique_ptr<Message> head;
  Buffer data;
  std::unique_ptr<Headers> trailers;
  bool ended = false;
  bool head_too_large = false;
  std::optional<ResetReason> reset;

  // Going out: what waits to be framed. The session takes from it.
  Buffer out;
  std::unique_ptr<Headers> out_trailers;
  bool out_end = false;       // nothing will be added
  bool out_ended = false;     // END_STREAM has been framed
  bool ends_both = true;      // with our own end the exchange is over, whatever the other side still sends (server)
  bool to_connect = false;    // CONNECT: its bodies are a tunnel's
  bool head_request = false;  // the answer has no body, whatever its length says

  // The session's own.
  std::unique_ptr<Message> building;
  std::unique_ptr<Headers> building_trailers;
  std::string cookies;  // crumbs, joined
  std::size_t header_bytes = 0;
  std::size_t header_count = 0;
  bool head_seen = false;
  bool queued = false;  // among those that have something to send
  std::int64_t send_window = 0;
  std::int64_t receive_window = 0;
  std::int64_t consumed = 0;
};

class Http2Sink {
 public:
  virtual Http2Stream& on_stream(std::int32_t id) = 0;  // a server's: a request begins
  virtual void on_incoming(Http2Stream& stream) = 0;    // there is something to deliver
  virtual void on_taken(Http2Stream& stream) = 0;       // some of `out` has been framed
  virtual void on_stream_closed(Http2Stream& stream) = 0;
  virtual void on_peer_streams(std::uint32_t count) = 0;  // how many exchanges the other side allows at once
  virtual void on_goaway() = 0;
  virtual void on_peer_reset() = 0;  // the other side reset a stream that was under way
  virtual void on_idle_frame() = 0;  // a frame that moves no exchange on

 protected:
  ~Http2Sink() = default;
};

class Http2Session {
 public:
  virtual ~Http2Session() = default;
  // Takes all of it. False: what came was not HTTP/2; the session has said so (GOAWAY) and reads no more.
  virtual bool receive(Buffer& input) = 0;
  // Frames what may go, until `to` holds about `limit` bytes.
  virtual void write(Buffer& to, std::size_t limit) = 0;
  virtual void submit_request(Http2Stream& stream, std::unique_ptr<RequestHead> head, bool end) = 0;
  virtual void submit_response(Http2Stream& stream, std::unique_ptr<ResponseHead> head, bool end) = 0;
  virtual void submit_continue(Http2Stream& stream) = 0;
  virtual void resume(Http2Stream& stream) = 0;  // something was added to what goes out
  virtual void reset(Http2Stream& stream, Http2Error error) = 0;
  virtual void consume(Http2Stream& stream, std::size_t bytes) = 0;  // delivered: the other side may send as much again
  virtual void goaway(Http2Error error) = 0;                         // streams under way go on when there is no error
};

std::unique_ptr<Http2Session> make_http2_session(Http2Sink& sink, bool server);
std::unique_ptr<Http2Session> make_modelled_http2_session(Http2Sink& sink, bool server);

inline ResetReason reset_reason(Http2Error error) {
  return error == Http2Error::refused_stream ? ResetReason::refused : ResetReason::cancelled;
}

}  // namespace meshtwin
