// HTTP/2 as bytes, over nghttp2, which checks what HTTP and the framing ask for (pseudo-fields, lengths of bodies,
// windows, the order of frames). Bodies are not copied, either way, unless they are small.

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <charconv>
#include <new>
#include <utility>

#include "mesh/wire/http2_fields.h"
#include "mesh/wire/http2_session.h"
#include "mesh/wire/small_vector.h"

namespace meshtwin {
namespace {

constexpr std::size_t kCopiedData = 2048;  // smaller bodies go into the text of the frames around them
constexpr std::size_t kFrameHead = 9;

class RealSession final : public Http2Session {
 public:
  RealSession(Http2Sink& sink, bool server);
  ~RealSession() override { nghttp2_session_del(session_); }

  bool receive(Buffer& input) override;
  void write(Buffer& to, std::size_t limit) override;
  void submit_request(Http2Stream& stream, std::unique_ptr<RequestHead> head, bool end) override;
  void submit_response(Http2Stream& stream, std::unique_ptr<ResponseHead> head, bool end) override;
  void submit_continue(Http2Stream& stream) override;
  void resume(Http2Stream& stream) override { nghttp2_session_resume_data(session_, stream.id); }
  void reset(Http2Stream& stream, Http2Error error) override;
  void consume(Http2Stream& stream, std::size_t bytes) override {
    nghttp2_session_consume_stream(session_, stream.id, bytes);
  }
  void goaway(Http2Error error) override;

 private:
  friend struct Callbacks;
  Http2Stream* find(std::int32_t id) {
    return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session_, id));
  }
  // Nothing that happens to the stream now takes away from the answer, which is complete.
  bool answered(const Http2Stream& stream) const { return !server_ && stream.ended && !stream.to_connect; }
  void begin_headers(std::int32_t id);
  void add_header(Http2Stream& stream, std::string_view name, std::string_view value);
  void end_headers(Http2Stream& stream, bool end);
  void on_frame(const nghttp2_frame& frame);
  void on_frame_sent(const nghttp2_frame& frame);
  ssize_t read_data(Http2Stream& stream, std::size_t length, std::uint32_t& flags);
  void write_data(Http2Stream& stream, const std::uint8_t* head, std::size_t length);
  void flush_text();

  Http2Sink& sink_;
  const bool server_;
  nghttp2_session* session_ = nullptr;
  Buffer* input_ = nullptr;              // while receiving
  const std::uint8_t* front_ = nullptr;  // its first slice
  std::string text_;                     // frames not yet in `output_`
  Buffer* output_ = nullptr;             // while writing
};

// nghttp2 calls these with the session.
struct Callbacks {
  static RealSession& of(void* user) { return *static_cast<RealSession*>(user); }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    of(user).begin_headers(frame->hd.stream_id);
    return 0;
  }
  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_length,
                    const std::uint8_t* value, std::size_t value_length, std::uint8_t, void* user) {
    if (Http2Stream* stream = of(user).find(frame->hd.stream_id); stream != nullptr) {
      of(user).add_header(*stream, {reinterpret_cast<const char*>(name), name_length},
                          {reinterpret_cast<const char*>(value), value_length});
    }
    return 0;
  }
  static int invalid_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t*, std::size_t,
                            const std::uint8_t*, std::size_t, std::uint8_t, void*) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // resets the stream
  }
  static int data(nghttp2_session* session, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t length,
                  void* user) {
    RealSession& self = of(user);
    nghttp2_session_consume_connection(session, length);
    Http2Stream* stream = self.find(id);
    if (stream == nullptr) {
      nghttp2_session_consume_stream(session, id, length);
      return 0;
    }
    stream->data.append(self.input_->share(static_cast<std::size_t>(data - self.front_), length));
    self.sink_.on_incoming(*stream);
    return 0;
  }
  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    of(user).on_frame(*frame);
    return 0;
  }
  static int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    of(user).on_frame_sent(*frame);
    return 0;
  }
  // A request that came too late for this connection (GOAWAY).
  static int frame_not_sent(nghttp2_session*, const nghttp2_frame* frame, int, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    if (Http2Stream* stream = of(user).find(frame->hd.stream_id); stream != nullptr) {
      stream->reset = ResetReason::refused;
    }
    return 0;
  }
  static int closed(nghttp2_session* session, std::int32_t id, std::uint32_t error, void* user) {
    Http2Stream* stream = of(user).find(id);
    if (stream == nullptr) return 0;
    nghttp2_session_set_stream_user_data(session, id, nullptr);
    const auto code = static_cast<Http2Error>(error);
    if (code == Http2Error::refused_stream) {
      stream->reset = ResetReason::refused;
    } else if (!stream->reset.has_value() && !of(user).answered(*stream) && !(stream->ended && stream->out_ended)) {
      stream->reset = code == Http2Error::cancel ? ResetReason::cancelled : ResetReason::protocol;
    }
    of(user).sink_.on_stream_closed(*stream);
    return 0;
  }
  static ssize_t read(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t length, std::uint32_t* flags,
                      nghttp2_data_source* source, void* user) {
    return of(user).read_data(*static_cast<Http2Stream*>(source->ptr), length, *flags);
  }
  static int send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* head, std::size_t length,
                       nghttp2_data_source* source, void* user) {
    of(user).write_data(*static_cast<Http2Stream*>(source->ptr), head, length);
    return 0;
  }
};

const nghttp2_session_callbacks* session_callbacks() {
  static nghttp2_session_callbacks* const callbacks = [] {
    nghttp2_session_callbacks* made = nullptr;
    if (nghttp2_session_callbacks_new(&made) != 0) throw std::bad_alloc();
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, Callbacks::begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(made, Callbacks::header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(made, Callbacks::invalid_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, Callbacks::data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, Callbacks::frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, Callbacks::frame_sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(made, Callbacks::frame_not_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, Callbacks::closed);
    nghttp2_session_callbacks_set_send_data_callback(made, Callbacks::send_data);
    return made;
  }();
  return callbacks;
}

const nghttp2_option* session_options() {
  static nghttp2_option* const options = [] {
    nghttp2_option* made = nullptr;
    if (nghttp2_option_new(&made) != 0) throw std::bad_alloc();
    nghttp2_option_set_no_auto_window_update(made, 1);
    nghttp2_option_set_no_closed_streams(made, 1);
    // Its own limit of resets goes by the host's clock; ours (http2_connection) by the role's.
    nghttp2_option_set_stream_reset_rate_limit(made, UINT64_MAX, UINT64_MAX);
    return made;
  }();
  return options;
}

RealSession::RealSession(Http2Sink& sink, bool server) : sink_(sink), server_(server) {
  const int failed = server ? nghttp2_session_server_new2(&session_, session_callbacks(), this, session_options())
                            : nghttp2_session_client_new2(&session_, session_callbacks(), this, session_options());
  if (failed != 0) throw std::bad_alloc();
  const HttpLimits limits;
  const nghttp2_settings_entry settings[] = {
      server ? nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kHttp2Streams}
             : nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kHttp2StreamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits.head_bytes)}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kHttp2ConnectionWindow);
}

bool RealSession::receive(Buffer& input) {
  bool good = true;
  while (good && !input.empty()) {
    if (input.front_is_virtual()) {
      nghttp2_session_terminate_session(session_, NGHTTP2_PROTOCOL_ERROR);
      good = false;
      break;
    }
    const std::string_view bytes = input.front_bytes();
    input_ = &input;
    front_ = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const ssize_t taken = nghttp2_session_mem_recv(session_, front_, bytes.size());
    input_ = nullptr;
    if (taken < 0) {
      nghttp2_session_terminate_session(
          session_, taken == NGHTTP2_ERR_FLOODED ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR);
      good = false;
    } else {
      input.drop(static_cast<std::size_t>(taken));
      good = nghttp2_session_want_read(session_) != 0;
    }
  }
  if (!good) input.clear();
  return good;
}

void RealSession::begin_headers(std::int32_t id) {
  Http2Stream* stream = find(id);
  if (stream == nullptr) {
    if (!server_) return;
    stream = &sink_.on_stream(id);
    nghttp2_session_set_stream_user_data(session_, id, stream);
  }
  stream->header_bytes = 0;
  stream->header_count = 0;
  if (stream->head_seen) {
    stream->building_trailers = std::make_unique<Headers>();
  } else if (server_) {
    auto head = std::make_unique<RequestHead>();
    head->content_length = kUnknownLength;
    stream->building = std::move(head);
  } else {
    auto head = std::make_unique<ResponseHead>();
    head->content_length = kUnknownLength;
    stream->building = std::move(head);
  }
}

std::int64_t parse_length(std::string_view text) {
  std::int64_t length = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), length);
  return read.ec == std::errc() ? length : kUnknownLength;
}

void add_pseudo(RequestHead& head, std::string_view name, std::string_view value) {
  if (name == ":method") head.set_method(value);
  if (name == ":path") head.set_path(value);
  if (name == ":authority") head.set_authority(value);
}

void add_pseudo(ResponseHead& head, std::string_view, std::string_view value) {
  head.status = static_cast<std::uint16_t>(parse_length(value));
}

template <typename Head>
void add_field(Head& head, std::string_view name, std::string_view value) {
  if (name.front() == ':') {
    add_pseudo(head, name, value);
  } else if (name == "content-length") {
    head.content_length = parse_length(value);
  } else {
    head.headers.add(name, value);
  }
}

void RealSession::add_header(Http2Stream& stream, std::string_view name, std::string_view value) {
  constexpr HttpLimits limits;
  stream.header_bytes += name.size() + value.size();
  if (name.front() != ':' && name != "cookie") ++stream.header_count;
  if (stream.header_bytes > limits.head_bytes || stream.header_count > limits.header_count) {
    stream.head_too_large = true;
    return;
  }
  if (stream.building_trailers != nullptr) {
    stream.building_trailers->add(name, value);
  } else if (stream.building == nullptr) {
    return;
  } else if (!server_) {
    add_field(static_cast<ResponseHead&>(*stream.building), name, value);
  } else if (name == "cookie") {
    if (!stream.cookies.empty()) stream.cookies += "; ";
    stream.cookies += value;
  } else {
    add_field(static_cast<RequestHead&>(*stream.building), name, value);
  }
}

void RealSession::end_headers(Http2Stream& stream, bool end) {
  stream.ended = stream.ended || end;
  if (stream.building_trailers != nullptr) {
    stream.trailers = std::move(stream.building_trailers);
  } else if (stream.building != nullptr) {
    if (server_) {
      auto& head = static_cast<RequestHead&>(*stream.building);
      if (!stream.cookies.empty()) head.headers.add("cookie", stream.cookies);
      stream.cookies.clear();
      finish_request(head, end);
    } else {
      auto& head = static_cast<ResponseHead&>(*stream.building);
      if (head.status < 200) {  // interim
        stream.building = nullptr;
        return;
      }
      finish_response(head, stream.to_connect, stream.head_request, end);
    }
    stream.head_seen = true;
    stream.head = std::move(stream.building);
  }
  sink_.on_incoming(stream);
}

void RealSession::on_frame(const nghttp2_frame& frame) {
  const bool end = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
      if (Http2Stream* stream = find(frame.hd.stream_id); stream != nullptr) end_headers(*stream, end);
      return;
    case NGHTTP2_DATA:
      if (frame.hd.length == frame.data.padlen && !end) sink_.on_idle_frame();
      if (Http2Stream* stream = find(frame.hd.stream_id); stream != nullptr && end) {
        stream->ended = true;
        sink_.on_incoming(*stream);
      }
      return;
    case NGHTTP2_RST_STREAM:
      if (Http2Stream* stream = find(frame.hd.stream_id); stream != nullptr) {
        if (!answered(*stream)) stream->reset = reset_reason(static_cast<Http2Error>(frame.rst_stream.error_code));
        sink_.on_peer_reset();
      } else {
        sink_.on_idle_frame();
      }
      return;
    case NGHTTP2_SETTINGS:
      sink_.on_peer_streams(nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS));
      sink_.on_idle_frame();
      return;
    case NGHTTP2_GOAWAY:
      sink_.on_goaway();
      return;
    default:
      sink_.on_idle_frame();
  }
}

void RealSession::on_frame_sent(const nghttp2_frame& frame) {
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return;
  if (frame.hd.type != NGHTTP2_DATA && frame.hd.type != NGHTTP2_HEADERS) return;
  Http2Stream* stream = find(frame.hd.stream_id);
  if (stream == nullptr) return;
  stream->out_ended = true;
  // The answer is complete before its request: the rest of that is of no use.
  if (server_ && stream->ends_both && !stream->ended) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
  }
}

// Fields in nghttp2's form. Texts that last only as long as the visit are numbers, and kept here.
class FieldList {
 public:
  template <typename Head>
  explicit FieldList(const Head& head) {
    visit_fields(head, [this](std::string_view name, std::string_view value) { add(name, value); });
  }
  const nghttp2_nv* data() const { return fields_.data(); }
  std::size_t size() const { return fields_.size(); }

 private:
  void add(std::string_view name, std::string_view value) {
    if (name == ":status" || name == "content-length") {
      char* const kept = numbers_[number_count_++ % 2];
      std::copy(value.begin(), value.end(), kept);
      value = {kept, value.size()};
    }
    fields_.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  static std::uint8_t* bytes(std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }

  SmallVector<nghttp2_nv, 24> fields_;
  char numbers_[2][24];
  std::size_t number_count_ = 0;
};

void RealSession::submit_request(Http2Stream& stream, std::unique_ptr<RequestHead> head, bool end) {
  const FieldList fields(*head);
  const nghttp2_data_provider provider{{.ptr = &stream}, Callbacks::read};
  stream.id =
      nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), end ? nullptr : &provider, &stream);
  if (stream.id < 0) {  // no stream is left on this connection
    stream.id = 0;
    stream.reset = ResetReason::refused;
    sink_.on_goaway();
    sink_.on_stream_closed(stream);
  }
}

void RealSession::submit_response(Http2Stream& stream, std::unique_ptr<ResponseHead> head, bool end) {
  const FieldList fields(*head);
  const nghttp2_data_provider provider{{.ptr = &stream}, Callbacks::read};
  nghttp2_submit_response(session_, stream.id, fields.data(), fields.size(), end ? nullptr : &provider);
}

void RealSession::submit_continue(Http2Stream& stream) {
  const FieldList fields(ResponseHead(100));
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id, nullptr, fields.data(), fields.size(), nullptr);
}

void RealSession::reset(Http2Stream& stream, Http2Error error) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, static_cast<std::uint32_t>(error));
}

void RealSession::goaway(Http2Error error) {
  if (error != Http2Error::none) {
    nghttp2_session_terminate_session(session_, static_cast<std::uint32_t>(error));
  } else {
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                          NGHTTP2_NO_ERROR, nullptr, 0);
  }
}

ssize_t RealSession::read_data(Http2Stream& stream, std::size_t length, std::uint32_t& flags) {
  const std::size_t part = std::min(length, stream.out.size());
  if (part == 0 && !stream.out_end) return NGHTTP2_ERR_DEFERRED;
  flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (part < stream.out.size() || !stream.out_end) return static_cast<ssize_t>(part);
  flags |= NGHTTP2_DATA_FLAG_EOF;
  if (stream.out_trailers != nullptr) {
    SmallVector<nghttp2_nv, 8> fields;
    visit_fields(*stream.out_trailers, [&fields](std::string_view name, std::string_view value) {
      fields.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                        reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
                        NGHTTP2_NV_FLAG_NONE});
    });
    if (nghttp2_submit_trailer(session_, stream.id, fields.data(), fields.size()) == 0) {
      flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    }
    stream.out_trailers = nullptr;
  }
  return static_cast<ssize_t>(part);
}

void RealSession::write_data(Http2Stream& stream, const std::uint8_t* head, std::size_t length) {
  text_.append(reinterpret_cast<const char*>(head), kFrameHead);
  if (length >= kCopiedData) {
    flush_text();
    output_->append(stream.out.take(length));
  } else {
    for (std::size_t left = length; left > 0;) {
      const std::size_t part = std::min(left, stream.out.front_size());
      if (stream.out.front_is_virtual()) {
        text_.append(part, '\0');
      } else {
        text_.append(stream.out.front_bytes().substr(0, part));
      }
      stream.out.drop(part);
      left -= part;
    }
  }
  sink_.on_taken(stream);
}

void RealSession::flush_text() {
  if (!text_.empty()) output_->append(std::exchange(text_, std::string()));
}

void RealSession::write(Buffer& to, std::size_t limit) {
  output_ = &to;
  while (to.size() + text_.size() < limit) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t length = nghttp2_session_mem_send(session_, &bytes);
    if (length < 0) throw std::bad_alloc();
    if (length == 0) break;
    text_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
  }
  flush_text();
  output_ = nullptr;
}

}  // namespace

std::unique_ptr<Http2Session> make_http2_session(Http2Sink& sink, bool server) {
  return std::make_unique<RealSession>(sink, server);
}

}  // namespace meshtwin
