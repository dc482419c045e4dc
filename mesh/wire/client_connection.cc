// The client's side of an HTTP/1.1 connection. It can be used again when both messages of the exchange ended as
// announced and neither side asked to close; bytes that nobody asked for end it. What is sent after a request that
// offers a tunnel waits for the answer.

#include <cassert>
#include <utility>

#include "mesh/wire/http1_text.h"
#include "mesh/wire/http_connection.h"

namespace meshtwin {
namespace {

class Http1ClientConnection final : public ClientConnection, private HttpConnection, private ClientExchange {
 public:
  Http1ClientConnection(Runtime& runtime, const MessageFormat& format, std::unique_ptr<ByteStream> stream,
                        ClientHandler& handler)
      : HttpConnection(runtime, format, std::move(stream)),
        handler_(handler),
        reader_(format.response_reader(HttpLimits())) {}

  std::uint32_t room() const override { return receiver_ == nullptr && !finished_ ? 1 : 0; }
  ClientExchange& open(ResponseReceiver& receiver) override;

 private:
  void send_head(std::unique_ptr<RequestHead> head, Buffer& data, bool end) override;
  void send_data(Buffer& data, bool end) override;
  void send_trailers(std::unique_ptr<Headers> trailers) override;
  bool blocked() const override { return !output_.empty() || (offered_ && !early_.empty()); }
  void pause() override { set_paused(true); }
  void resume() override { set_paused(false); }
  void reset() override;

  void process() override;
  void on_gone(bool reset) override;
  void on_drained() override;
  void on_finished() override { handler_.on_closed(*this); }
  bool wants_input() const override { return true; }

  void deliver(Piece<ResponseHead>& piece);
  void end_exchange(ResponseReceiver& receiver, Piece<ResponseHead>& piece);
  void fail(ResetReason reason);
  void begin_tunnel(std::unique_ptr<ResponseHead> head);
  void deliver_to_tunnel();
  void finish_tunnel();
  void deliver_trailers();

  ClientHandler& handler_;
  std::unique_ptr<MessageReader<ResponseHead>> reader_;
  ResponseReceiver* receiver_ = nullptr;  // of the exchange under way
  bool request_ended_ = false;
  bool answer_begun_ = false;
  bool keep_alive_ = true;
  TunnelOffered offered_;  // and not answered
  bool declined_ = false;  // the offer was: nothing more is sent
  bool tunnel_ = false;
  bool tunnel_got_end_ = false;
  bool early_end_ = false;
  Buffer early_;  // sent before the offer was answered
};

ClientExchange& Http1ClientConnection::open(ResponseReceiver& receiver) {
  assert(receiver_ == nullptr && !finished_);
  receiver_ = &receiver;
  request_ended_ = false;
  answer_begun_ = false;
  declined_ = false;
  return *this;
}

void Http1ClientConnection::process() {
  Watch watch(lifetime_);
  if (held_trailers_ != nullptr && !paused_) {
    deliver_trailers();
    if (watch.gone()) return;
  }
  while (!paused_ && !discards_ && !input_.empty() && held_trailers_ == nullptr) {
    if (receiver_ == nullptr) {
      fail(ResetReason::protocol);
      return;
    }
    if (tunnel_) return deliver_to_tunnel();
    answer_begun_ = true;
    Piece<ResponseHead> piece = reader_->read(input_);
    if (piece.empty()) return;
    // What came before a mistake is delivered before it, however the bytes were cut.
    const ReadError error = std::exchange(piece.error, ReadError::none);
    if (!piece.empty()) deliver(piece);
    if (watch.gone() || discards_) return;
    if (error != ReadError::none) {
      fail(ResetReason::protocol);
      return;
    }
  }
}

void Http1ClientConnection::deliver(Piece<ResponseHead>& piece) {
  if (piece.head != nullptr) {
    charge(Operation::http_parse, piece.head_bytes);
    if (offered_.taken_by(piece.head->status)) return begin_tunnel(std::move(piece.head));
    if (piece.head->status < 200) {  // an interim answer
      if (piece.head->status == 101) fail(ResetReason::protocol);
      return;
    }
    keep_alive_ = keep_alive_ && piece.keep_alive;
    if (offered_) {
      offered_ = {};
      declined_ = request_ended_ = true;
      early_.clear();
    }
  }
  if (!piece.data.empty()) charge(Operation::http_body, piece.data.size());
  if (piece.trailers != nullptr) {
    held_trailers_ = std::move(piece.trailers);
    piece.end = false;
    Watch watch(lifetime_);
    if (piece.head != nullptr) {
      receiver_->on_head(std::move(piece.head), piece.data, false);
    } else if (!piece.data.empty()) {
      receiver_->on_data(piece.data, false);
    }
    if (!watch.gone() && !paused_ && receiver_ != nullptr) deliver_trailers();
  } else if (piece.end) {
    end_exchange(*std::exchange(receiver_, nullptr), piece);
  } else if (piece.head != nullptr) {
    receiver_->on_head(std::move(piece.head), piece.data, false);
  } else {
    receiver_->on_data(piece.data, false);
  }
}

void Http1ClientConnection::end_exchange(ResponseReceiver& receiver, Piece<ResponseHead>& piece) {
  Watch watch(lifetime_);
  const bool usable = keep_alive_ && request_ended_;
  paused_ = false;
  if (piece.head != nullptr) {
    receiver.on_head(std::move(piece.head), piece.data, true);
  } else if (piece.trailers != nullptr) {
    receiver.on_trailers(std::move(piece.trailers));
  } else {
    receiver.on_data(piece.data, true);
  }
  if (watch.gone()) return;
  if (usable && input_.empty() && !discards_) {
    handler_.on_available(*this);
  } else {
    handler_.on_closed(*this);
  }
}

void Http1ClientConnection::deliver_trailers() {
  Piece<ResponseHead> last;
  last.trailers = std::move(held_trailers_);
  end_exchange(*std::exchange(receiver_, nullptr), last);
}

void Http1ClientConnection::begin_tunnel(std::unique_ptr<ResponseHead> head) {
  Watch watch(lifetime_);
  offered_ = {};
  tunnel_ = true;
  keep_alive_ = false;
  begin_body(Framing::until_close, 0);
  output_.append(std::move(early_));
  if (early_end_) {
    request_ended_ = true;
    shut_after_output();
  } else {
    flush();
  }
  Buffer nothing;
  head->content_length = kUnknownLength;
  receiver_->on_head(std::move(head), nothing, false);
  if (!watch.gone() && receiver_ != nullptr && !blocked()) receiver_->on_room();
}

void Http1ClientConnection::deliver_to_tunnel() {
  Buffer data = std::move(input_);
  charge(Operation::http_body, data.size());
  receiver_->on_data(data, false);
}

void Http1ClientConnection::finish_tunnel() {
  receiver_ = nullptr;
  if (output_.empty()) finish();
}

void Http1ClientConnection::fail(ResetReason reason) {
  Watch watch(lifetime_);
  abort_stream();
  if (ResponseReceiver* receiver = std::exchange(receiver_, nullptr); receiver != nullptr) {
    receiver->on_reset(reason);
    if (watch.gone()) return;
  }
  on_finished();
}

void Http1ClientConnection::send_head(std::unique_ptr<RequestHead> head, Buffer& data, bool end) {
  assert(receiver_ != nullptr);
  const Framing framing = request_framing(*head, end);
  if (framing == Framing::none) head->content_length = 0;
  keep_alive_ = keep_alive_ && !head->close;
  reader_->answers(head->method());
  offered_ = tunnel_offered(*head);
  begin_body(framing, head->content_length);
  charge(Operation::http_serialize, format_.write_head(output_, std::move(head), framing));
  if (offered_) {
    early_ = std::move(data);
    early_end_ = end;
  } else {
    request_ended_ = end;
    append_body(data, end);
  }
  flush();
}

void Http1ClientConnection::send_data(Buffer& data, bool end) {
  if (declined_) return data.clear();
  assert(receiver_ != nullptr && !request_ended_);
  if (offered_) {
    early_.append(std::move(data));
    early_end_ = end;
    return;
  }
  request_ended_ = end;
  append_body(data, end);
  if (!tunnel_ || !end) return flush();
  shut_after_output();
  if (tunnel_got_end_) finish_tunnel();
}

void Http1ClientConnection::send_trailers(std::unique_ptr<Headers> trailers) {
  Buffer nothing;
  if (offered_ || declined_ || tunnel_) return send_data(nothing, true);
  assert(receiver_ != nullptr && !request_ended_);
  request_ended_ = true;
  append_body(nothing, true, std::move(trailers));
  flush();
}

void Http1ClientConnection::on_drained() {
  if (receiver_ != nullptr) {
    receiver_->on_room();
  } else if (tunnel_ && !finished_) {
    finish();
  }
}

void Http1ClientConnection::reset() {
  receiver_ = nullptr;
  held_trailers_ = nullptr;
  abort_stream();
  finish();
}

void Http1ClientConnection::on_gone(bool reset) {
  Watch watch(lifetime_);
  if (tunnel_ && !reset && receiver_ != nullptr && !tunnel_got_end_) {
    tunnel_got_end_ = true;
    ResponseReceiver& receiver = *receiver_;
    Buffer rest = std::move(input_);
    if (request_ended_) finish_tunnel();
    receiver.on_data(rest, true);
    return;
  }
  if (held_trailers_ != nullptr && receiver_ != nullptr) {
    keep_alive_ = false;
    deliver_trailers();  // and with it the end of this
    return;
  }
  if (ResponseReceiver* receiver = std::exchange(receiver_, nullptr); receiver != nullptr) {
    if (!reset && reader_->ends_at_close()) {
      Buffer nothing;
      receiver->on_data(nothing, true);
    } else {
      receiver->on_reset(answer_begun_ ? ResetReason::lost : ResetReason::lost_unanswered);
    }
    if (watch.gone()) return;
  }
  on_finished();
}

}  // namespace

std::unique_ptr<ClientConnection> make_client_connection(Runtime& runtime, const MessageFormat& format,
                                                         std::unique_ptr<ByteStream> stream, ClientHandler& handler) {
  return std::make_unique<Http1ClientConnection>(runtime, format, std::move(stream), handler);
}

}  // namespace meshtwin
