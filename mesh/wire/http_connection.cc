#include "mesh/wire/http_connection.h"

#include <cassert>
#include <utility>

namespace meshtwin {

Duration HttpLimits::shortest_time() const {
  Duration shortest = 0;
  for (const Duration limit : {request_head, stream_idle, connection_idle}) {
    if (limit > 0 && (shortest == 0 || limit < shortest)) shortest = limit;
  }
  return shortest;
}

HttpConnection::HttpConnection(Runtime& runtime, const MessageFormat& format, std::unique_ptr<ByteStream> stream)
    : runtime_(runtime), format_(format), stream_(std::move(stream)) {
  reading_ = true;
  stream_->on_read([this](ReadEvent event, Buffer& data) { on_stream(event, data); });
}

void HttpConnection::on_stream(ReadEvent event, Buffer& data) {
  if (event != ReadEvent::data) {
    on_gone(event == ReadEvent::reset);
    return;
  }
  if (discards_) return;
  if (input_.empty()) {
    input_ = std::move(data);
  } else {
    input_.append(std::move(data));
  }
  run_process();
}

void HttpConnection::run_process() {
  Watch watch(lifetime_);
  processing_ = true;
  process();
  if (watch.gone()) return;
  processing_ = false;
  regulate();
}

void HttpConnection::regulate() {
  const bool wanted = discards_ || (!paused_ && wants_input());
  if (wanted == reading_ || finished_) return;
  reading_ = wanted;
  if (wanted) {
    stream_->on_read([this](ReadEvent event, Buffer& data) { on_stream(event, data); });
  } else {
    stream_->on_read({});
  }
}

void HttpConnection::set_paused(bool paused) {
  if (paused_ == paused) return;
  paused_ = paused;
  if (processing_) return;
  if (!paused && (!input_.empty() || held_trailers_ != nullptr)) soon();
  regulate();
}

void HttpConnection::soon() {
  if (scheduled_ || processing_) return;
  scheduled_ = true;
  later_ = runtime_.clock.after(0, [this] {
    scheduled_ = false;
    if (finished_) {
      on_finished();
    } else {
      run_process();
    }
  });
}

void HttpConnection::finish(Duration delay) {
  finished_ = true;
  scheduled_ = true;
  later_ = runtime_.clock.after(delay, [this] { on_finished(); });
}

void HttpConnection::abort_stream() {
  stream_->abort();
  input_.clear();
  output_.clear();
  discards_ = true;
}

void HttpConnection::flush() {
  if (!output_.empty()) stream_->write(output_);
  if (output_.empty() && shuts_ && !std::exchange(shut_, true)) stream_->shutdown_write();
  if (output_.empty() || waits_for_room_) return;
  waits_for_room_ = true;
  stream_->on_writable([this] {
    waits_for_room_ = false;
    flush();
    if (output_.empty()) on_drained();
  });
}

void HttpConnection::begin_body(Framing framing, std::int64_t length) {
  framing_ = framing;
  body_left_ = length;
}

void HttpConnection::shut_after_output() {
  shuts_ = true;
  flush();
}

void HttpConnection::append_body(Buffer& data, bool end, std::unique_ptr<Headers> trailers) {
  switch (framing_) {
    case Framing::none:
      data.clear();
      break;
    case Framing::length:
      body_left_ -= static_cast<std::int64_t>(data.size());
      assert(body_left_ >= 0 && (!end || body_left_ == 0));  // the sender keeps to the length it gave
      output_.append(std::move(data));
      break;
    case Framing::chunked:
      if (!data.empty()) format_.write_chunk(output_, data);
      if (end) format_.write_last_chunk(output_, std::move(trailers));
      break;
    case Framing::until_close:
      output_.append(std::move(data));
      break;
  }
}

}  // namespace meshtwin
