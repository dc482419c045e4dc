// The server's side of an HTTP/1.1 connection: one exchange at a time; a pipelined request waits, and stops the reading
// when it is large. A request that is not HTTP is answered 400 and ends the connection. An answer that is complete
// before its request ends the connection too: the rest of the request is read and thrown away for a moment, so that the
// answer is not lost to a reset. What follows a request that offers a tunnel waits until that has been answered. One
// timer a connection looks, now and then, whether a limit of time has passed.

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "mesh/wire/http1_text.h"
#include "mesh/wire/http_connection.h"

namespace meshtwin {
namespace {

constexpr std::size_t kPipelinedBytes = 64 * 1024;
constexpr Duration kLinger = kSecond;

class Http1ServerConnection final : public ServerConnection, private HttpConnection, private ServerExchange {
 public:
  Http1ServerConnection(Runtime& runtime, const MessageFormat& format, std::unique_ptr<ByteStream> stream,
                        ServerHandler& handler, const HttpLimits& limits)
      : HttpConnection(runtime, format, std::move(stream)),
        handler_(handler),
        limits_(limits),
        reader_(format.request_reader(limits)) {
    touch();
    watch_limits();
  }

 private:
  void send_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end) override;
  void send_data(Buffer& data, bool end) override;
  void send_trailers(std::unique_ptr<Headers> trailers) override;
  bool blocked() const override { return !output_.empty(); }
  void pause() override { set_paused(true); }
  void resume() override { set_paused(false); }
  void reset() override;

  void process() override;
  void on_gone(bool reset) override;
  void on_drained() override;
  void on_finished() override { handler_.on_closed(*this); }
  bool wants_input() const override { return !holds_input() || input_.size() < kPipelinedBytes; }

  // What has come belongs to the next request, or perhaps to a tunnel.
  bool holds_input() const { return receiver_ != nullptr && (request_ended_ || offered_) && !tunnel_; }
  void deliver(Piece<RequestHead>& piece);
  void deliver_trailers();
  void deliver_to_tunnel();
  void refuse(ReadError error);
  void answer_and_close(std::uint16_t status);
  void decide_offer(std::uint16_t status);
  void sent(bool end);
  void end_exchange();
  void end_connection();
  void touch() { last_said_ = runtime_.clock.now(); }
  std::optional<Time> deadline() const;  // at which a limit passes
  void watch_limits();
  void on_limit();

  ServerHandler& handler_;
  const HttpLimits limits_;
  std::unique_ptr<MessageReader<RequestHead>> reader_;
  RequestReceiver* receiver_ = nullptr;  // of the exchange under way
  bool request_ended_ = false;
  bool head_sent_ = false;
  bool head_request_ = false;
  TunnelOffered offered_;  // by the request, which has not been answered
  bool tunnel_ = false;
  bool tunnel_sent_end_ = false;
  bool old_version_ = false;
  bool keep_alive_ = true;
  bool closing_ = false;
  Time last_said_ = 0;              // by either side
  std::optional<Time> head_begun_;  // of a head that is not whole
  Timer limit_;
};

void Http1ServerConnection::process() {
  Watch watch(lifetime_);
  touch();
  deliver_trailers();
  if (watch.gone()) return;
  while (!paused_ && !discards_ && !input_.empty() && !holds_input()) {
    if (tunnel_) return deliver_to_tunnel();
    Piece<RequestHead> piece = reader_->read(input_);
    if (piece.empty()) {
      if (receiver_ == nullptr && !head_begun_) head_begun_ = last_said_;
      return;
    }
    head_begun_.reset();
    // What came before a mistake is delivered before it, however the bytes were cut.
    const ReadError error = std::exchange(piece.error, ReadError::none);
    if (!piece.empty()) deliver(piece);
    if (watch.gone() || discards_) return;
    if (error != ReadError::none) {
      refuse(error);
      return;
    }
  }
}

void Http1ServerConnection::deliver(Piece<RequestHead>& piece) {
  request_ended_ = piece.end;
  if (piece.head != nullptr) {
    charge(Operation::http_parse, piece.head_bytes);
    keep_alive_ = piece.keep_alive;
    old_version_ = piece.old_version;
    piece.head->version = HttpVersion::http1;
    head_request_ = piece.head->method() == "HEAD";
    offered_ = tunnel_offered(*piece.head);
    if (offered_) request_ended_ = piece.end = false;
    head_sent_ = false;
    if (piece.expects_continue && !piece.end) {
      format_.write_continue(output_);
      flush();
    }
    receiver_ = &handler_.on_exchange(*this, *this);
    if (!piece.data.empty()) charge(Operation::http_body, piece.data.size());
    held_trailers_ = std::move(piece.trailers);
    Watch watch(lifetime_);
    receiver_->on_head(std::move(piece.head), piece.data, piece.end && held_trailers_ == nullptr);
    if (!watch.gone()) deliver_trailers();
    return;
  }
  held_trailers_ = std::move(piece.trailers);
  if (!piece.data.empty()) charge(Operation::http_body, piece.data.size());
  Watch watch(lifetime_);
  if (held_trailers_ == nullptr) {
    receiver_->on_data(piece.data, piece.end);
  } else if (!piece.data.empty()) {
    receiver_->on_data(piece.data, false);
  }
  if (!watch.gone()) deliver_trailers();
}

void Http1ServerConnection::deliver_trailers() {
  if (held_trailers_ != nullptr && !paused_ && receiver_ != nullptr) receiver_->on_trailers(std::move(held_trailers_));
}

void Http1ServerConnection::deliver_to_tunnel() {
  Buffer data = std::move(input_);
  charge(Operation::http_body, data.size());
  receiver_->on_data(data, false);
}

void Http1ServerConnection::refuse(ReadError error) {
  RequestReceiver* receiver = std::exchange(receiver_, nullptr);
  keep_alive_ = false;
  if (receiver != nullptr && head_sent_) {
    abort_stream();
    finish();
  } else {
    std::uint16_t status = 400;
    if (error == ReadError::head_too_large) status = 431;
    if (error == ReadError::not_implemented) status = 501;
    answer_and_close(status);
  }
  if (receiver != nullptr) receiver->on_reset(ResetReason::protocol);
}

void Http1ServerConnection::answer_and_close(std::uint16_t status) {
  auto head = std::make_unique<ResponseHead>(status);
  head->close = true;
  request_ended_ = false;
  charge(Operation::http_serialize, format_.write_head(output_, std::move(head), Framing::none));
  end_connection();
}

// Taken or not: what has come since is the tunnel's, or the next request.
void Http1ServerConnection::decide_offer(std::uint16_t status) {
  tunnel_ = std::exchange(offered_, TunnelOffered()).taken_by(status);
  if (tunnel_) {
    keep_alive_ = false;
    if (!input_.empty()) soon();
  } else {
    request_ended_ = true;
  }
}

void Http1ServerConnection::send_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end) {
  assert(receiver_ != nullptr && !head_sent_);
  touch();
  if (offered_) decide_offer(head->status);
  if (end && !request_ended_) keep_alive_ = false;
  const Framing framing = tunnel_ ? Framing::none : response_framing(*head, end, head_request_, old_version_);
  if (framing == Framing::until_close) keep_alive_ = false;
  if (framing == Framing::none && (!head_request_ || status_has_no_body(head->status))) head->content_length = 0;
  keep_alive_ = keep_alive_ && !head->close;
  head->close = !keep_alive_ && !tunnel_;
  begin_body(tunnel_ ? Framing::until_close : framing, head->content_length);
  if (tunnel_) head->content_length = kUnknownLength;
  head_sent_ = true;
  charge(Operation::http_serialize, format_.write_head(output_, std::move(head), framing));
  append_body(data, end);
  sent(end);
}

void Http1ServerConnection::send_data(Buffer& data, bool end) {
  assert(receiver_ != nullptr && head_sent_);
  touch();
  append_body(data, end);
  sent(end);
}

void Http1ServerConnection::send_trailers(std::unique_ptr<Headers> trailers) {
  assert(receiver_ != nullptr && head_sent_);
  touch();
  Buffer nothing;
  append_body(nothing, true, std::move(trailers));
  sent(true);
}

void Http1ServerConnection::sent(bool end) {
  if (!end) {
    flush();
  } else if (tunnel_ && !request_ended_) {
    tunnel_sent_end_ = true;
    shut_after_output();
  } else {
    end_exchange();
  }
}

void Http1ServerConnection::end_exchange() {
  receiver_ = nullptr;
  held_trailers_ = nullptr;
  if (!request_ended_) keep_alive_ = false;
  if (!keep_alive_) {
    end_connection();
    return;
  }
  flush();
  set_paused(false);
  if (!input_.empty()) soon();
  regulate();
}

void Http1ServerConnection::end_connection() {
  closing_ = true;
  discards_ = true;
  flush();
  if (output_.empty()) on_drained();
}

void Http1ServerConnection::on_drained() {
  if (!closing_) {
    if (receiver_ != nullptr) receiver_->on_room();
    return;
  }
  shut_after_output();
  const bool all_read = request_ended_ && input_.empty();
  regulate();
  finish(all_read ? 0 : kLinger);
}

void Http1ServerConnection::reset() {
  receiver_ = nullptr;
  abort_stream();
  finish();
}

std::optional<Time> Http1ServerConnection::deadline() const {
  Duration limit = limits_.connection_idle;
  if (receiver_ != nullptr || !output_.empty()) limit = limits_.stream_idle;
  if (head_begun_ && limits_.request_head > 0) return *head_begun_ + limits_.request_head;
  return limit > 0 ? std::optional(last_said_ + limit) : std::nullopt;
}

void Http1ServerConnection::watch_limits() {
  Duration wait = limits_.shortest_time();
  if (wait == 0) return;
  const Time now = runtime_.clock.now();
  if (const auto end = deadline(); end && *end > now) wait = std::min(wait, *end - now);
  limit_ = runtime_.clock.after(wait, [this] { on_limit(); });
}

void Http1ServerConnection::on_limit() {
  const std::optional<Time> end = deadline();
  if (finished_) return;
  if (!end || runtime_.clock.now() < *end) return watch_limits();
  RequestReceiver* const receiver = std::exchange(receiver_, nullptr);
  keep_alive_ = false;
  if (!closing_ && (head_begun_ || (receiver != nullptr && !head_sent_))) {
    answer_and_close(408);
    watch_limits();
  } else if (receiver != nullptr || !output_.empty()) {
    abort_stream();
    finish();
  } else {
    end_connection();
  }
  if (receiver != nullptr) receiver->on_reset(ResetReason::idle);
}

void Http1ServerConnection::on_gone(bool reset) {
  if (tunnel_ && !reset && receiver_ != nullptr && !request_ended_) {
    request_ended_ = true;
    Buffer rest = std::move(input_);
    RequestReceiver& receiver = *receiver_;
    if (tunnel_sent_end_) end_exchange();
    receiver.on_data(rest, true);
    return;
  }
  if (!reset && receiver_ == nullptr && !output_.empty()) {
    closing_ = true;
    discards_ = true;
    return;  // what is left of the last answer still goes out
  }
  Watch watch(lifetime_);
  if (RequestReceiver* receiver = std::exchange(receiver_, nullptr); receiver != nullptr) {
    receiver->on_reset(ResetReason::lost);
    if (watch.gone()) return;
  }
  on_finished();
}

}  // namespace

std::unique_ptr<ServerConnection> make_server_connection(Runtime& runtime, const MessageFormat& format,
                                                         std::unique_ptr<ByteStream> stream, ServerHandler& handler,
                                                         const HttpLimits& limits) {
  return std::make_unique<Http1ServerConnection>(runtime, format, std::move(stream), handler, limits);
}

}  // namespace meshtwin
