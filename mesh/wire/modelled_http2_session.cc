// HTTP/2 as message objects: a frame is as many virtual bytes as the real one would be, with the frame riding on the
// last of them; a DATA frame's object rides on its nine bytes of head, and the body follows as it is. Windows, limits
// and the order of events are those of the real session.

#include <algorithm>
#include <cassert>
#include <deque>
#include <utility>
#include <vector>

#include "mesh/wire/hpack_model.h"
#include "mesh/wire/http2_fields.h"
#include "mesh/wire/http2_preface.h"
#include "mesh/wire/http2_session.h"

namespace meshtwin {
namespace {

constexpr std::size_t kFrameHead = 9;

enum class FrameType : unsigned char { data, headers, reset, settings, settings_ack, goaway, window_update };

struct Frame final : Message {
  Frame(FrameType the_type, std::int32_t the_id) : type(the_type), id(the_id) {}

  const FrameType type;
  bool end = false;
  const std::int32_t id;
  std::uint32_t value = 0;  // an error, a window's growth, a last stream
  std::size_t length = 0;   // of the data that follows
  std::unique_ptr<Message> head;
  std::unique_ptr<Headers> trailers;
};

class ModelledSession final : public Http2Session {
 public:
  ModelledSession(Http2Sink& sink, bool server);

  bool receive(Buffer& input) override;
  void write(Buffer& to, std::size_t limit) override;
  void submit_request(Http2Stream& stream, std::unique_ptr<RequestHead> head, bool end) override;
  void submit_response(Http2Stream& stream, std::unique_ptr<ResponseHead> head, bool end) override {
    submit_head(stream, std::move(head), end);
  }
  void submit_continue(Http2Stream& stream) override;
  void resume(Http2Stream& stream) override;
  void reset(Http2Stream& stream, Http2Error error) override;
  void consume(Http2Stream& stream, std::size_t bytes) override;
  void goaway(Http2Error error) override;

 private:
  Http2Stream* find(std::int32_t id);
  void adopt(Http2Stream& stream);
  void close(Http2Stream& stream);
  void close_if_done(Http2Stream& stream) {
    if (stream.ended && stream.out_ended) close(stream);
  }
  template <typename Head>
  void submit_head(Http2Stream& stream, std::unique_ptr<Head> head, bool end);
  void end_output(Http2Stream& stream);
  void put(std::size_t payload, std::unique_ptr<Frame> frame);
  void put(FrameType type, std::int32_t id, std::uint32_t value, std::size_t payload);
  void put_block(std::size_t block, std::unique_ptr<Frame> frame);
  void put_trailers(Http2Stream& stream);
  bool put_data(Http2Stream& stream, Buffer& to);

  bool take_frame(Buffer& input);
  void take_data(Buffer& input);
  void take_message(std::unique_ptr<Message> message);
  void on_headers(Frame& frame);
  void on_reset(const Frame& frame);
  void on_window(const Frame& frame);
  void on_goaway(const Frame& frame);
  bool answered(const Http2Stream& stream) const { return !server_ && stream.ended && !stream.to_connect; }
  void fail();

  Http2Sink& sink_;
  const bool server_;
  bool failed_ = false;
  bool goaway_sent_ = false;
  bool expects_preface_;
  std::int32_t next_id_ = 1;
  std::int32_t last_id_ = 0;
  Buffer control_;  // frames to send before any data
  HpackModel hpack_;
  std::vector<Http2Stream*> streams_;  // by id
  std::deque<Http2Stream*> sending_;
  std::int64_t send_window_ = kHttp2DefaultWindow;
  std::int64_t peer_stream_window_ = kHttp2DefaultWindow;
  std::int64_t consumed_ = 0;
  std::size_t data_left_ = 0;  // of the DATA frame being received
  std::int32_t data_id_ = 0;
  bool data_end_ = false;
};

ModelledSession::ModelledSession(Http2Sink& sink, bool server)
    : sink_(sink), server_(server), expects_preface_(server) {
  if (!server) control_.append_virtual(kHttp2Preface.size(), std::make_unique<Http2PrefaceMessage>());
  put(FrameType::settings, 0, kHttp2StreamWindow, 3 * 6);
  put(FrameType::window_update, 0, kHttp2ConnectionWindow - kHttp2DefaultWindow, 4);
}

Http2Stream* ModelledSession::find(std::int32_t id) {
  const auto at = std::ranges::lower_bound(streams_, id, {}, &Http2Stream::id);
  return at != streams_.end() && (*at)->id == id ? *at : nullptr;
}

void ModelledSession::adopt(Http2Stream& stream) {
  stream.send_window = peer_stream_window_;
  stream.receive_window = 0;
  stream.consumed = 0;
  streams_.push_back(&stream);
}

void ModelledSession::close(Http2Stream& stream) {
  const auto at = std::ranges::lower_bound(streams_, stream.id, {}, &Http2Stream::id);
  assert(at != streams_.end() && *at == &stream);
  streams_.erase(at);
  if (stream.queued) std::erase(sending_, &stream);
  stream.queued = false;
  sink_.on_stream_closed(stream);
}

void ModelledSession::put(std::size_t payload, std::unique_ptr<Frame> frame) {
  control_.append_virtual(kFrameHead + payload, std::move(frame));
}

void ModelledSession::put(FrameType type, std::int32_t id, std::uint32_t value, std::size_t payload) {
  auto frame = std::make_unique<Frame>(type, id);
  frame->value = value;
  put(payload, std::move(frame));
}

// A block that is too long for one frame goes on in others.
void ModelledSession::put_block(std::size_t block, std::unique_ptr<Frame> frame) {
  put(block + (block > 0 ? (block - 1) / kHttp2Frame : 0) * kFrameHead, std::move(frame));
}

void drop_connection_fields(Headers& headers) {
  for (std::size_t i = headers.size(); i-- > 0;) {
    if (is_connection_field(headers.name(i), headers.value(i))) headers.remove(std::string(headers.name(i)));
  }
}

template <typename Head>
void ModelledSession::submit_head(Http2Stream& stream, std::unique_ptr<Head> head, bool end) {
  std::size_t block = 0;
  visit_fields(*head, [&](std::string_view name, std::string_view value) { block += hpack_.add(name, value); });
  drop_connection_fields(head->headers);
  if (!says_length(*head)) head->content_length = kUnknownLength;
  head->close = false;
  auto frame = std::make_unique<Frame>(FrameType::headers, stream.id);
  frame->end = end;
  frame->head = std::move(head);
  put_block(block, std::move(frame));
  if (end) {
    end_output(stream);
  } else {
    resume(stream);
  }
}

void ModelledSession::submit_request(Http2Stream& stream, std::unique_ptr<RequestHead> head, bool end) {
  stream.id = next_id_;
  next_id_ += 2;
  adopt(stream);
  submit_head(stream, std::move(head), end);
}

void ModelledSession::submit_continue(Http2Stream& stream) {
  auto frame = std::make_unique<Frame>(FrameType::headers, stream.id);
  frame->head = std::make_unique<ResponseHead>(100);
  put_block(hpack_.add(":status", "100"), std::move(frame));
}

void ModelledSession::end_output(Http2Stream& stream) {
  stream.out_ended = true;
  if (server_ && stream.ends_both && !stream.ended) {
    put(FrameType::reset, stream.id, 0, 4);
    close(stream);
  } else {
    close_if_done(stream);
  }
}

void ModelledSession::resume(Http2Stream& stream) {
  if (stream.queued || stream.out_ended || stream.closed) return;
  if (stream.out.empty() && !stream.out_end) return;
  stream.queued = true;
  sending_.push_back(&stream);
}

void ModelledSession::reset(Http2Stream& stream, Http2Error error) {
  put(FrameType::reset, stream.id, static_cast<std::uint32_t>(error), 4);
  close(stream);
}

void ModelledSession::consume(Http2Stream& stream, std::size_t bytes) {
  stream.consumed += static_cast<std::int64_t>(bytes);
  if (stream.closed || stream.consumed < kHttp2StreamWindow / 2) return;
  stream.receive_window -= stream.consumed;
  put(FrameType::window_update, stream.id, static_cast<std::uint32_t>(std::exchange(stream.consumed, 0)), 4);
}

void ModelledSession::goaway(Http2Error error) {
  if (goaway_sent_) return;
  goaway_sent_ = true;
  auto frame = std::make_unique<Frame>(FrameType::goaway, last_id_);
  frame->value = static_cast<std::uint32_t>(error);
  put(8, std::move(frame));
  failed_ = failed_ || error != Http2Error::none;
}

void ModelledSession::fail() {
  goaway(Http2Error::protocol);
  failed_ = true;
}

void ModelledSession::write(Buffer& to, std::size_t limit) {
  to.append(std::move(control_));
  // As many turns as there are streams without one that could send: all wait for their windows.
  std::size_t waiting = 0;
  while (!failed_ && waiting < sending_.size() && to.size() < limit) {
    Http2Stream& stream = *sending_.front();
    sending_.pop_front();
    stream.queued = false;
    if (put_data(stream, to)) {
      waiting = 0;
      to.append(std::move(control_));
    } else {
      ++waiting;
    }
  }
}

// One frame of one stream; false when a window keeps it.
bool ModelledSession::put_data(Http2Stream& stream, Buffer& to) {
  const std::int64_t window = std::max<std::int64_t>(0, std::min(stream.send_window, send_window_));
  const std::size_t part =
      std::min({stream.out.size(), static_cast<std::size_t>(window), static_cast<std::size_t>(kHttp2Frame)});
  if (part == 0 && !stream.out.empty()) {
    resume(stream);
    return false;
  }
  const bool last = part == stream.out.size() && stream.out_end;
  auto frame = std::make_unique<Frame>(FrameType::data, stream.id);
  frame->length = part;
  frame->end = last && stream.out_trailers == nullptr;
  to.append_virtual(kFrameHead, std::move(frame));
  to.append(stream.out.take(part));
  stream.send_window -= static_cast<std::int64_t>(part);
  send_window_ -= static_cast<std::int64_t>(part);
  sink_.on_taken(stream);
  if (!last) {
    resume(stream);
  } else {
    if (stream.out_trailers != nullptr) put_trailers(stream);
    end_output(stream);
  }
  return true;
}

void ModelledSession::put_trailers(Http2Stream& stream) {
  std::size_t block = 0;
  visit_fields(*stream.out_trailers,
               [&](std::string_view name, std::string_view value) { block += hpack_.add(name, value); });
  auto frame = std::make_unique<Frame>(FrameType::headers, stream.id);
  frame->end = true;
  frame->trailers = std::move(stream.out_trailers);
  put_block(block, std::move(frame));
}

bool ModelledSession::receive(Buffer& input) {
  while (!failed_ && !input.empty()) {
    if (data_left_ > 0) {
      take_data(input);
    } else if (!take_frame(input)) {
      fail();
    }
  }
  if (failed_) input.clear();
  return !failed_;
}

bool ModelledSession::take_frame(Buffer& input) {
  if (!input.front_is_virtual()) return false;
  std::unique_ptr<Message> message = input.take_front_message();
  if (message == nullptr) return true;  // the rest of the frame is still to come
  if (expects_preface_) {
    expects_preface_ = false;
    return dynamic_cast<Http2PrefaceMessage*>(message.get()) != nullptr;
  }
  if (dynamic_cast<Frame*>(message.get()) == nullptr) return false;
  take_message(std::move(message));
  return true;
}

void ModelledSession::take_message(std::unique_ptr<Message> message) {
  Frame& frame = static_cast<Frame&>(*message);
  switch (frame.type) {
    case FrameType::headers:
      on_headers(frame);
      return;
    case FrameType::data:
      data_id_ = frame.id;
      data_end_ = frame.end;
      data_left_ = frame.length;
      if (data_left_ == 0 && !frame.end) sink_.on_idle_frame();
      if (data_left_ == 0 && frame.end) {
        if (Http2Stream* stream = find(frame.id); stream != nullptr) {
          stream->ended = true;
          sink_.on_incoming(*stream);
          close_if_done(*stream);
        }
      }
      return;
    case FrameType::reset:
      on_reset(frame);
      return;
    case FrameType::settings:
      for (Http2Stream* stream : streams_) {
        stream->send_window += static_cast<std::int64_t>(frame.value) - peer_stream_window_;
      }
      peer_stream_window_ = frame.value;
      put(FrameType::settings_ack, 0, 0, 0);
      sink_.on_peer_streams(kHttp2Streams);
      sink_.on_idle_frame();
      return;
    case FrameType::settings_ack:
      sink_.on_idle_frame();
      return;
    case FrameType::goaway:
      on_goaway(frame);
      return;
    case FrameType::window_update:
      on_window(frame);
      return;
  }
}

void ModelledSession::take_data(Buffer& input) {
  const std::size_t part = std::min(data_left_, input.size());
  Buffer data = part == input.size() ? std::move(input) : input.take(part);
  data_left_ -= part;
  consumed_ += static_cast<std::int64_t>(part);
  if (consumed_ >= kHttp2ConnectionWindow / 2) {
    put(FrameType::window_update, 0, static_cast<std::uint32_t>(std::exchange(consumed_, 0)), 4);
  }
  Http2Stream* stream = find(data_id_);
  if (stream == nullptr) return;
  stream->receive_window += static_cast<std::int64_t>(part);
  stream->data.append(std::move(data));
  if (data_left_ == 0 && data_end_) stream->ended = true;
  sink_.on_incoming(*stream);
  if (stream->ended) close_if_done(*stream);
}

void ModelledSession::on_headers(Frame& frame) {
  Http2Stream* stream = find(frame.id);
  if (stream == nullptr) {
    if (!server_ || goaway_sent_ || frame.id <= last_id_) return;
    last_id_ = frame.id;
    stream = &sink_.on_stream(frame.id);
    adopt(*stream);
  }
  if (frame.trailers != nullptr) {
    stream->trailers = std::move(frame.trailers);
  } else if (server_) {
    auto& head = static_cast<RequestHead&>(*frame.head);
    finish_request(head, frame.end);
    const HttpLimits limits;
    stream->head_too_large = head.headers.size() > limits.header_count || fields_length(head) > limits.head_bytes;
    stream->head = std::move(frame.head);
  } else {
    auto& head = static_cast<ResponseHead&>(*frame.head);
    if (head.status < 200) return;
    finish_response(head, stream->to_connect, stream->head_request, frame.end);
    stream->head_seen = true;
    stream->head = std::move(frame.head);
  }
  stream->ended = frame.end;
  sink_.on_incoming(*stream);
  close_if_done(*stream);
}

void ModelledSession::on_reset(const Frame& frame) {
  Http2Stream* stream = find(frame.id);
  if (stream == nullptr) {
    sink_.on_idle_frame();
    return;
  }
  if (!answered(*stream)) stream->reset = reset_reason(static_cast<Http2Error>(frame.value));
  sink_.on_peer_reset();
  close(*stream);
}

void ModelledSession::on_window(const Frame& frame) {
  sink_.on_idle_frame();
  if (frame.id == 0) {
    send_window_ += frame.value;
  } else if (Http2Stream* stream = find(frame.id); stream != nullptr) {
    stream->send_window += frame.value;
  }
}

void ModelledSession::on_goaway(const Frame& frame) {
  sink_.on_goaway();
  const std::vector<Http2Stream*> all = streams_;
  for (Http2Stream* stream : all) {
    if (stream->id <= frame.id) continue;
    stream->reset = ResetReason::refused;
    close(*stream);
  }
}

}  // namespace

std::unique_ptr<Http2Session> make_modelled_http2_session(Http2Sink& sink, bool server) {
  return std::make_unique<ModelledSession>(sink, server);
}

}  // namespace meshtwin
