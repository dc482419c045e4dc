// The server's side of an HTTP/1.1 connection: one exchange at a time; a pipelined request waits, and stops the reading
// when it is large. A request that is not HTTP is answered 400 and ends the connection. An answer that is complete
// before its request ends the connection too: the rest of the request is read and thrown away for a moment, so that the
// answer is not lost to a reset.

#include <cassert>
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
                        ServerHandler& handler)
      : HttpConnection(runtime, format, std::move(stream)),
        handler_(handler),
        reader_(format.request_reader(HttpLimits())) {}

 private:
  void send_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end) override;
  void send_data(Buffer& data, bool end) override;
  void send_trailers(std::unique_ptr<Headers>) override {
    Buffer nothing;
    send_data(nothing, true);
  }
  bool blocked() const override { return !output_.empty(); }
  void pause() override { set_paused(true); }
  void resume() override { set_paused(false); }
  void reset() override;

  void process() override;
  void on_gone(bool reset) override;
  void on_drained() override;
  void on_finished() override { handler_.on_closed(*this); }
  bool wants_input() const override {
    return !request_ended_ || receiver_ == nullptr || input_.size() < kPipelinedBytes;
  }

  void deliver(Piece<RequestHead>& piece);
  void refuse(ReadError error);
  void end_exchange();
  void end_connection();

  ServerHandler& handler_;
  std::unique_ptr<MessageReader<RequestHead>> reader_;
  RequestReceiver* receiver_ = nullptr;  // of the exchange under way
  bool request_ended_ = false;
  bool head_sent_ = false;
  bool head_request_ = false;
  bool old_version_ = false;
  bool keep_alive_ = true;
  bool closing_ = false;
};

void Http1ServerConnection::process() {
  Watch watch(lifetime_);
  while (!paused_ && !discards_ && !input_.empty() && !(receiver_ != nullptr && request_ended_)) {
    Piece<RequestHead> piece = reader_->read(input_);
    if (piece.empty()) return;
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
    head_request_ = piece.head->method() == "HEAD";
    head_sent_ = false;
    if (piece.expects_continue && !piece.end) {
      format_.write_continue(output_);
      flush();
    }
    receiver_ = &handler_.on_exchange(*this, *this);
    if (!piece.data.empty()) charge(Operation::http_body, piece.data.size());
    receiver_->on_head(std::move(piece.head), piece.data, piece.end);
  } else {
    if (!piece.data.empty()) charge(Operation::http_body, piece.data.size());
    receiver_->on_data(piece.data, piece.end);
  }
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
    auto head = std::make_unique<ResponseHead>(status);
    head->close = true;
    request_ended_ = false;
    charge(Operation::http_serialize, format_.write_head(output_, std::move(head), Framing::none));
    end_connection();
  }
  if (receiver != nullptr) receiver->on_reset(ResetReason::protocol);
}

void Http1ServerConnection::send_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end) {
  assert(receiver_ != nullptr && !head_sent_);
  if (end && !request_ended_) keep_alive_ = false;
  const Framing framing = response_framing(*head, end, head_request_, old_version_);
  if (framing == Framing::until_close) keep_alive_ = false;
  if (framing == Framing::none && (!head_request_ || status_has_no_body(head->status))) head->content_length = 0;
  keep_alive_ = keep_alive_ && !head->close;
  head->close = !keep_alive_;
  begin_body(framing, head->content_length);
  head_sent_ = true;
  charge(Operation::http_serialize, format_.write_head(output_, std::move(head), framing));
  append_body(data, end);
  if (end) {
    end_exchange();
  } else {
    flush();
  }
}

void Http1ServerConnection::send_data(Buffer& data, bool end) {
  assert(receiver_ != nullptr && head_sent_);
  append_body(data, end);
  if (end) {
    end_exchange();
  } else {
    flush();
  }
}

void Http1ServerConnection::end_exchange() {
  receiver_ = nullptr;
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
  stream_->shutdown_write();
  const bool all_read = request_ended_ && input_.empty();
  regulate();
  finish(all_read ? 0 : kLinger);
}

void Http1ServerConnection::reset() {
  receiver_ = nullptr;
  abort_stream();
  finish();
}

void Http1ServerConnection::on_gone(bool reset) {
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
                                                         std::unique_ptr<ByteStream> stream, ServerHandler& handler) {
  return std::make_unique<Http1ServerConnection>(runtime, format, std::move(stream), handler);
}

}  // namespace meshtwin
