#pragma once

// A tunnel's end as a byte stream: the bodies of a CONNECT's two messages are its bytes, their ends its half-closes, a
// reset its reset, and the windows of its HTTP/2 stream its back-pressure. The end outlives the stream it gives, as a
// connection outlives close(2): what was written is still delivered, and what comes afterwards is answered by a reset.

#include <memory>

#include "mesh/runtime/byte_stream.h"
#include "mesh/runtime/clock.h"
#include "mesh/wire/http_codec.h"

namespace meshtwin {

class TunnelEnd : public std::enable_shared_from_this<TunnelEnd> {
 public:
  TunnelEnd(Clock& clock, ClientExchange& exchange, Callback when_over)
      : clock_(clock), client_(&exchange), when_over_(std::move(when_over)) {}
  TunnelEnd(Clock& clock, ServerExchange& exchange, Callback when_over)
      : clock_(clock), server_(&exchange), when_over_(std::move(when_over)) {}

  std::unique_ptr<ByteStream> make_stream();  // once
  bool over() const { return over_; }

  // What came before there is a stream.
  void hold(Buffer& data, bool end) {
    unread_.append(std::move(data));
    got_end_ = end;
  }
  void refused() { set_over(); }  // answered by no tunnel

  // What the exchange's receiver hears.
  void on_data(Buffer& data, bool end);
  void on_reset();
  void on_room();
  // The connection is given up: the stream is reset.
  void lose();

 private:
  friend class TunnelStream;
  void write(Buffer& data);
  void read_by(ReadHandler handler);
  void writable_by(Callback then);
  void end_output();
  void abort();
  void close();

  void deliver();
  void call(ReadEvent event, Buffer& data);
  void deliver_soon();
  bool blocked() const { return client_ != nullptr ? client_->blocked() : server_->blocked(); }
  void pause(bool paused);
  void send(Buffer& data, bool end);
  void reset_exchange();
  void check_over();
  void set_over();

  Clock& clock_;
  ClientExchange* const client_ = nullptr;
  ServerExchange* const server_ = nullptr;
  Callback when_over_;
  ReadHandler handler_;
  Callback writable_;
  Buffer unread_;
  bool has_stream_ = false;
  bool handler_replaced_ = false;
  bool sent_end_ = false;
  bool got_end_ = false;
  bool told_end_ = false;
  bool was_reset_ = false;
  bool told_reset_ = false;
  bool over_ = false;  // the exchange; not the reading of what it brought
  Timer reading_;
  Timer writing_;
};

}  // namespace meshtwin
