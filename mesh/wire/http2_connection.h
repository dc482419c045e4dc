#pragma once

// What both sides of an HTTP/2 connection share, on either wire: exchanges and their states, delivery to the engine
// outside any call from it, pausing, back-pressure, floods, the end. One turn of a connection takes in what has come,
// delivers it, and writes all that was said meanwhile in one piece.
//
// The connection's own window is given back as data comes, a stream's as it is delivered: a receiver that is paused
// holds one stream's window of data at most, and keeps no other stream waiting.

#include <cstdint>
#include <memory>
#include <vector>

#include "mesh/runtime/byte_stream.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"
#include "mesh/wire/http2_session.h"
#include "mesh/wire/lifetime.h"

namespace meshtwin {

// A body's sender is blocked while more than `high` of it waits, until `low` or less does.
inline constexpr std::size_t kHttp2HighWater = 64 * 1024;
inline constexpr std::size_t kHttp2LowWater = 16 * 1024;

// One exchange, as the engine and the session see it.
struct Http2Exchange : Http2Stream {
  virtual ~Http2Exchange() = default;
  // To its receiver. `deliver_body` with the head, if there is one.
  virtual void deliver_body(bool end) = 0;
  virtual void deliver_trailers() = 0;
  virtual void deliver_reset(ResetReason reason) = 0;
  virtual void deliver_room() = 0;

  bool begun = false;  // the engine knows of it
  bool over = false;   // the engine has done with it
  bool paused = false;
  bool blocked = false;
  bool has_room = false;  // to be said
  bool ready = false;     // stands among those to be looked at
  bool tunnel = false;
  bool answered = false;  // a head was delivered
  bool sent_end = false;
  bool got_end = false;
  bool has_no_body = false;  // what is sent has no body, whatever the sender gives
  bool sent_head = false;
  Time last_said = 0;    // by either side; before it has begun, when its head did
  std::size_t slot = 0;  // among the active
};

// So many at once, and so many a second.
class RateLimit {
 public:
  RateLimit(std::int64_t burst, std::int64_t per_second) : burst_(burst), per_second_(per_second), left_(burst) {}
  bool take(Time now);
  void give(std::int64_t count) { left_ = left_ + count < burst_ ? left_ + count : burst_; }

 private:
  const std::int64_t burst_;
  const std::int64_t per_second_;
  std::int64_t left_;
  Time filled_ = 0;
};

class Http2Connection : protected Http2Sink {
 public:
  using MakeSession = std::unique_ptr<Http2Session> (*)(Http2Sink& sink, bool server);

  void send_head(Http2Exchange& exchange, std::unique_ptr<RequestHead> head, Buffer& data, bool end);
  void send_head(Http2Exchange& exchange, std::unique_ptr<ResponseHead> head, Buffer& data, bool end);
  void send_data(Http2Exchange& exchange, Buffer& data, bool end);
  void send_trailers(Http2Exchange& exchange, std::unique_ptr<Headers> trailers);
  void set_paused(Http2Exchange& exchange, bool paused);
  void reset(Http2Exchange& exchange);

 protected:
  // `limits`: of a server; null: a client.
  Http2Connection(Runtime& runtime, std::unique_ptr<ByteStream> stream, MakeSession make_session,
                  const HttpLimits* limits);
  virtual ~Http2Connection();

  virtual std::unique_ptr<Http2Exchange> make_exchange() = 0;
  virtual void begin(Http2Exchange& exchange) = 0;  // a server's: tells the engine of it
  virtual void on_head_coming(Http2Exchange&) {}    // a client's: before it is delivered
  virtual void on_room_grown() {}
  virtual void on_finished() = 0;  // tells the owner

  Http2Exchange& take_exchange();
  void schedule();
  std::size_t active() const { return active_.size(); }
  bool takes_exchanges() const { return !finished_ && !failed_ && !gone_ && !goaway_ && !draining_; }
  void say_continue(Http2Exchange& exchange) { session_->submit_continue(exchange); }
  void charge_head(std::size_t bytes) { charge(Operation::http2_head, bytes); }

  Runtime& runtime_;
  Lifetime lifetime_;
  std::uint32_t peer_streams_ = kHttp2Streams;
  bool room_grown_ = false;

 private:
  Http2Stream& on_stream(std::int32_t id) override;
  void on_incoming(Http2Stream& stream) override;
  void on_taken(Http2Stream& stream) override;
  void on_stream_closed(Http2Stream& stream) override;
  void on_peer_streams(std::uint32_t count) override;
  void on_goaway() override;
  void on_peer_reset() override;
  void on_idle_frame() override;

  void on_bytes(ReadEvent event, Buffer& data);
  void on_gone();
  void turn();
  bool deliver_ready(const Watch& watch);
  void look_at(Http2Exchange& exchange, const Watch& watch);
  void deliver(Http2Exchange& exchange, const Watch& watch);
  void refuse_head(Http2Exchange& exchange);
  void push_output();
  void check_end();
  void fail_all(ResetReason reason, const Watch& watch);
  void finish(Duration delay);
  void calm_down();
  void watch_limits();
  void on_limit();
  void give_up(Http2Exchange& exchange);

  void add_output(Http2Exchange& exchange, Buffer& data, bool end);
  void after_output(Http2Exchange& exchange, bool end);
  void check_over(Http2Exchange& exchange);
  void set_over(Http2Exchange& exchange);
  void recycle(Http2Exchange& exchange);
  void make_ready(Http2Exchange& exchange);
  void charge(Operation operation, std::size_t amount) {
    if (amount > 0) runtime_.cpu.charge(operation, static_cast<std::int64_t>(amount));
  }

  const bool server_;
  const HttpLimits limits_;
  bool processing_ = false;
  bool scheduled_ = false;
  bool waits_for_writable_ = false;
  bool failed_ = false;    // what came was not HTTP/2, or too much of it
  bool gone_ = false;      // nothing more comes
  bool dead_ = false;      // the exchanges have been told: the session has no part in them any more
  bool goaway_ = false;    // the other side takes no more exchanges
  bool draining_ = false;  // nor do we
  bool finished_ = false;
  RateLimit resets_;
  RateLimit idle_frames_;
  std::vector<std::unique_ptr<Http2Exchange>> active_;
  std::vector<Http2Exchange*> ready_;
  Buffer output_;
  Timer later_;
  Timer end_;
  Timer limit_;
  Time idle_since_ = 0;
  std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<Http2Session> session_;  // gone before the exchanges it points to
};

// An exchange with its receiver; In: what comes, Out: what goes.
template <typename In, typename Out>
class Http2ExchangeOf final : public Http2Exchange, public Sender<Out> {
 public:
  explicit Http2ExchangeOf(Http2Connection& connection) : connection_(connection) {}

  Receiver<In>* receiver = nullptr;

  void send_head(std::unique_ptr<Out> head, Buffer& data, bool end) override {
    connection_.send_head(*this, std::move(head), data, end);
  }
  void send_data(Buffer& data, bool end) override { connection_.send_data(*this, data, end); }
  void send_trailers(std::unique_ptr<Headers> trailers) override {
    connection_.send_trailers(*this, std::move(trailers));
  }
  bool blocked() const override { return Http2Exchange::blocked; }
  void pause() override { connection_.set_paused(*this, true); }
  void resume() override { connection_.set_paused(*this, false); }
  void reset() override { connection_.reset(*this); }

  void deliver_body(bool end) override {
    Buffer body = std::move(Http2Stream::data);
    if (head != nullptr) {
      receiver->on_head(std::unique_ptr<In>(static_cast<In*>(head.release())), body, end);
    } else {
      receiver->on_data(body, end);
    }
  }
  void deliver_trailers() override { receiver->on_trailers(std::move(Http2Stream::trailers)); }
  void deliver_reset(ResetReason reason) override { receiver->on_reset(reason); }
  void deliver_room() override { receiver->on_room(); }

 private:
  Http2Connection& connection_;
};

}  // namespace meshtwin
