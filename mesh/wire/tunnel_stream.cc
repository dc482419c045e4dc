#include "mesh/wire/tunnel_stream.h"

#include <algorithm>
#include <utility>

namespace meshtwin {
namespace {

constexpr std::size_t kWriteAtMost = 64 * 1024;

}  // namespace

class TunnelStream final : public ByteStream {
 public:
  explicit TunnelStream(std::shared_ptr<TunnelEnd> end) : end_(std::move(end)) {}
  ~TunnelStream() override { end_->close(); }

  void write(Buffer& data) override { end_->write(data); }
  void on_read(ReadHandler handler) override { end_->read_by(std::move(handler)); }
  void on_writable(Callback then) override { end_->writable_by(std::move(then)); }
  void shutdown_write() override { end_->end_output(); }
  void abort() override { end_->abort(); }

 private:
  const std::shared_ptr<TunnelEnd> end_;
};

std::unique_ptr<ByteStream> TunnelEnd::make_stream() {
  has_stream_ = true;
  if (!over_) pause(true);
  return std::make_unique<TunnelStream>(shared_from_this());
}

void TunnelEnd::pause(bool paused) {
  if (client_ != nullptr) {
    paused ? client_->pause() : client_->resume();
  } else {
    paused ? server_->pause() : server_->resume();
  }
}

void TunnelEnd::send(Buffer& data, bool end) {
  if (client_ != nullptr) {
    client_->send_data(data, end);
  } else {
    server_->send_data(data, end);
  }
}

void TunnelEnd::reset_exchange() {
  if (over_) return;
  if (client_ != nullptr) {
    client_->reset();
  } else {
    server_->reset();
  }
  set_over();
}

void TunnelEnd::check_over() {
  if (!over_ && sent_end_ && got_end_) set_over();
}

void TunnelEnd::set_over() {
  over_ = true;
  Callback when_over = std::move(when_over_);
  when_over_ = {};
  if (when_over) when_over();
}

// From the exchange.

void TunnelEnd::on_data(Buffer& data, bool end) {
  const std::shared_ptr<TunnelEnd> keep = shared_from_this();
  const bool unwanted = !has_stream_ && !data.empty();
  unread_.append(std::move(data));
  got_end_ = got_end_ || end;
  check_over();
  if (unwanted) {
    unread_.clear();
    reset_exchange();
    return;
  }
  deliver();
}

void TunnelEnd::on_reset() {
  const std::shared_ptr<TunnelEnd> keep = shared_from_this();
  was_reset_ = true;
  set_over();
  deliver();
}

void TunnelEnd::on_room() {
  const std::shared_ptr<TunnelEnd> keep = shared_from_this();
  if (!writable_) return;
  Callback then = std::move(writable_);
  writable_ = {};
  then();
}

void TunnelEnd::lose() {
  when_over_ = {};
  over_ = true;
  was_reset_ = true;
  if (has_stream_) deliver_soon();
}

void TunnelEnd::call(ReadEvent event, Buffer& data) {
  ReadHandler handler = std::move(handler_);
  handler_ = {};
  handler_replaced_ = false;
  handler(event, data);
  if (!handler_replaced_) handler_ = std::move(handler);
}

// A reset overtakes what has not been read, and the end.
void TunnelEnd::deliver() {
  while (has_stream_ && handler_ && !told_reset_) {
    Buffer data;
    if (was_reset_) {
      told_reset_ = true;
      unread_.clear();
      call(ReadEvent::reset, data);
    } else if (!unread_.empty()) {
      data = std::move(unread_);
      call(ReadEvent::data, data);
    } else if (got_end_ && !told_end_) {
      told_end_ = true;
      call(ReadEvent::end, data);
    } else {
      return;
    }
  }
}

// From the stream.

void TunnelEnd::deliver_soon() {
  reading_ = clock_.after(0, [this] {
    const std::shared_ptr<TunnelEnd> keep = shared_from_this();
    deliver();
  });
}

void TunnelEnd::write(Buffer& data) {
  if (was_reset_ || over_) {
    data.clear();
    return;
  }
  if (blocked() || data.empty()) return;
  Buffer part = data.take(std::min(data.size(), kWriteAtMost));
  send(part, false);
}

void TunnelEnd::read_by(ReadHandler handler) {
  handler_ = std::move(handler);
  handler_replaced_ = true;
  if (handler_ && (!unread_.empty() || was_reset_ || (got_end_ && !told_end_))) deliver_soon();
  if (!over_) pause(!handler_);
}

void TunnelEnd::writable_by(Callback then) {
  writable_ = std::move(then);
  if (over_ || sent_end_ || blocked()) return;
  writing_ = clock_.after(0, [this] { on_room(); });
}

void TunnelEnd::end_output() {
  if (sent_end_ || over_) return;
  sent_end_ = true;
  Buffer nothing;
  send(nothing, true);
  check_over();
}

void TunnelEnd::abort() {
  handler_ = {};
  handler_replaced_ = true;
  writable_ = {};
  unread_.clear();
  was_reset_ = true;
  told_reset_ = true;
  reset_exchange();
}

void TunnelEnd::close() {
  has_stream_ = false;
  handler_ = {};
  handler_replaced_ = true;
  writable_ = {};
  reading_.cancel();
  writing_.cancel();
  if (over_) return;
  if (!unread_.empty()) {
    reset_exchange();
    return;
  }
  end_output();
  if (!over_) pause(false);  // to hear of the end, or of bytes nobody wants
}

}  // namespace meshtwin
