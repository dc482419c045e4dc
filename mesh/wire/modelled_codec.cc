// The modelled codec: message objects move as virtual bytes, as many as HTTP/1.1 text would take. A head rides on the
// last byte of its text; a chunk's length on the line before it. Bodies pass as they are.

#include <cassert>
#include <utility>

#include "mesh/wire/http1_text.h"
#include "mesh/wire/message_format.h"

namespace meshtwin {
namespace {

class ChunkLine final : public Message {
 public:
  explicit ChunkLine(std::size_t length) : length(length) {}
  const std::size_t length;  // 0: the last
  std::unique_ptr<Headers> trailers;
};

class ContinueLine final : public Message {};

bool has_body(const RequestHead& head, std::string_view) {
  return head.content_length != 0 && !offers_tunnel(head);
}
bool has_body(const ResponseHead& head, std::string_view method) {
  const bool begins_tunnel = method == "CONNECT" && head.status / 100 == 2;
  return head.content_length != 0 && !status_has_no_body(head.status) && method != "HEAD" && !begins_tunnel;
}

template <typename Head>
class ModelledReader final : public MessageReader<Head> {
 public:
  Piece<Head> read(Buffer& input) override;
  bool ends_at_close() const override { return false; }
  void answers(std::string_view method) override { method_ = method; }

 private:
  enum class State { head, body, chunk_line, chunk, chunk_end };

  std::unique_ptr<Message> next_message(Buffer& input);
  void take_head(std::unique_ptr<Message> message, Piece<Head>& piece);
  void take_chunk_line(const std::unique_ptr<Message>& message, Piece<Head>& piece);
  void take_body(Buffer& input, Piece<Head>& piece);
  void end_message(Piece<Head>& piece) {
    piece.end = true;
    state_ = State::head;
  }

  State state_ = State::head;
  std::size_t skipped_ = 0;  // bytes of a head or a line whose message has not come yet
  std::uint64_t left_ = 0;   // of the body, the chunk or the line end
  std::string method_;       // of the request, to an answer's reader
};

template <typename Head>
std::unique_ptr<Message> ModelledReader<Head>::next_message(Buffer& input) {
  while (!input.empty()) {
    skipped_ += input.front_size();
    if (std::unique_ptr<Message> message = input.take_front_message(); message != nullptr) return message;
  }
  return nullptr;
}

template <typename Head>
void ModelledReader<Head>::take_head(std::unique_ptr<Message> message, Piece<Head>& piece) {
  Head* head = dynamic_cast<Head*>(message.get());
  if (head == nullptr) {
    piece.error = ReadError::bad_message;
    return;
  }
  message.release();
  piece.head.reset(head);
  piece.head_bytes = std::exchange(skipped_, 0);
  piece.keep_alive = !std::exchange(head->close, false);
  if (!has_body(*head, method_)) {
    end_message(piece);
  } else if (head->content_length > 0) {
    left_ = static_cast<std::uint64_t>(head->content_length);
    state_ = State::body;
  } else {
    state_ = State::chunk_line;
  }
}

template <typename Head>
void ModelledReader<Head>::take_chunk_line(const std::unique_ptr<Message>& message, Piece<Head>& piece) {
  auto* line = dynamic_cast<ChunkLine*>(message.get());
  if (line == nullptr) {
    piece.error = ReadError::bad_message;
    return;
  }
  skipped_ = 0;
  if (line->length == 0) {
    piece.trailers = std::move(line->trailers);
    end_message(piece);
  } else {
    left_ = line->length;
    state_ = State::chunk;
  }
}

template <typename Head>
void ModelledReader<Head>::take_body(Buffer& input, Piece<Head>& piece) {
  const std::size_t taken = left_ < input.size() ? static_cast<std::size_t>(left_) : input.size();
  left_ -= taken;
  if (state_ == State::chunk_end) {
    input.drop(taken);
  } else if (piece.data.empty()) {
    piece.data = input.take(taken);
  } else {
    piece.data.append(input.take(taken));
  }
  if (left_ > 0) return;
  if (state_ == State::body) {
    end_message(piece);
  } else if (state_ == State::chunk) {
    state_ = State::chunk_end;
    left_ = 2;
  } else {
    state_ = State::chunk_line;
  }
}

template <typename Head>
Piece<Head> ModelledReader<Head>::read(Buffer& input) {
  Piece<Head> piece;
  while (!input.empty() && !piece.end && piece.error == ReadError::none) {
    if (state_ == State::head || state_ == State::chunk_line) {
      if (input.front_is_virtual()) {
        std::unique_ptr<Message> message = next_message(input);
        if (message == nullptr) break;
        if (dynamic_cast<ContinueLine*>(message.get()) != nullptr) {
          skipped_ = 0;
        } else if (state_ == State::head) {
          take_head(std::move(message), piece);
        } else {
          take_chunk_line(message, piece);
        }
      } else {
        piece.error = ReadError::bad_message;  // text to a modelled peer
      }
    } else {
      take_body(input, piece);
    }
  }
  return piece;
}

class ModelledFormat final : public MessageFormat {
 public:
  std::size_t write_head(Buffer& to, std::unique_ptr<RequestHead> head, Framing framing) const override {
    return write(to, std::move(head), framing);
  }
  std::size_t write_head(Buffer& to, std::unique_ptr<ResponseHead> head, Framing framing) const override {
    return write(to, std::move(head), framing);
  }
  void write_chunk(Buffer& to, Buffer& data) const override {
    to.append_virtual(chunk_line_length(data.size()), std::make_unique<ChunkLine>(data.size()));
    to.append(std::move(data));
    to.append_virtual(2);
  }
  void write_last_chunk(Buffer& to, std::unique_ptr<Headers> trailers) const override {
    const std::size_t length = trailers != nullptr ? last_chunk_length(*trailers) : kLastChunk.size();
    auto line = std::make_unique<ChunkLine>(0);
    line->trailers = std::move(trailers);
    to.append_virtual(length, std::move(line));
  }
  void write_continue(Buffer& to) const override {
    to.append_virtual(kContinue.size(), std::make_unique<ContinueLine>());
  }
  std::unique_ptr<MessageReader<RequestHead>> request_reader(const HttpLimits&) const override {
    return std::make_unique<ModelledReader<RequestHead>>();
  }
  std::unique_ptr<MessageReader<ResponseHead>> response_reader(const HttpLimits&) const override {
    return std::make_unique<ModelledReader<ResponseHead>>();
  }

 private:
  template <typename Head>
  static std::size_t write(Buffer& to, std::unique_ptr<Head> head, Framing framing) {
    const std::size_t length = head_length(*head, framing);
    to.append_virtual(length, std::move(head));
    return length;
  }
};

class ModelledCodec final : public HttpCodec {
 public:
  std::unique_ptr<ServerConnection> serve(Runtime& runtime, std::unique_ptr<ByteStream> stream, ServerHandler& handler,
                                          const HttpLimits& limits) const override {
    return make_server_connection(runtime, format_, std::move(stream), handler, limits);
  }
  std::unique_ptr<ClientConnection> connect(Runtime& runtime, std::unique_ptr<ByteStream> stream,
                                            ClientHandler& handler) const override {
    return make_client_connection(runtime, format_, std::move(stream), handler);
  }
  void append_body(Buffer& to, std::uint64_t length) const override {
    if (length > 0) to.append_virtual(length);
  }

 private:
  ModelledFormat format_;
};

}  // namespace

const HttpCodec& modelled_codec() {
  static const ModelledCodec codec;
  return codec;
}

}  // namespace meshtwin
