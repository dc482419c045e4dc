#include "mesh/wire/tls_stream.h"

#include <utility>

#include "mesh/runtime/clock.h"
#include "mesh/wire/lifetime.h"

namespace meshtwin {
namespace {

constexpr std::size_t kSealedAtOnce = 64 * 1024;
constexpr std::size_t kOpenedAtOnce = 64 * 1024;
constexpr Duration kLeftoverTime = 30 * kSecond;

// What outlives a stream that was closed with sealed bytes still to go, as a socket's send queue does: for a while.
struct Leftover {
  Leftover(Clock& clock, std::unique_ptr<ByteStream> stream, Buffer rest)
      : below(std::move(stream)), output(std::move(rest)) {
    limit = clock.after(kLeftoverTime, [this] {
      const std::unique_ptr<ByteStream> given_up = std::move(below);  // whose callback holds this
      given_up->abort();
    });
  }

  std::unique_ptr<ByteStream> below;
  Buffer output;
  Timer limit;
};

void send_leftover(std::unique_ptr<Leftover> left) {
  if (left->output.empty()) return;
  ByteStream& below = *left->below;
  below.write(left->output);
  if (left->output.empty()) return;
  below.on_writable([left = std::move(left)]() mutable { send_leftover(std::move(left)); });
}

class TlsStream final : public ByteStream {
 public:
  TlsStream(Runtime& runtime, std::unique_ptr<ByteStream> below, std::unique_ptr<TlsSession> session, Buffer input,
            Buffer output)
      : runtime_(runtime),
        below_(std::move(below)),
        session_(std::move(session)),
        input_(std::move(input)),
        output_(std::move(output)) {
    flush();
  }

  ~TlsStream() override {
    if (over_) return;
    if (!write_shut_) session_->close(output_);
    below_->on_read({});
    if (output_.empty()) return;
    send_leftover(std::make_unique<Leftover>(runtime_.clock, std::move(below_), std::move(output_)));
  }

  void write(Buffer& data) override;
  void on_read(ReadHandler handler) override;
  void on_writable(Callback then) override;
  void shutdown_write() override;
  void abort() override;

 private:
  void flush();
  void read_below();
  void on_below(ReadEvent event, Buffer& data);
  void deliver();
  bool tell(ReadEvent event, Buffer& data);  // false: this object is gone
  void break_off();

  Runtime& runtime_;
  std::unique_ptr<ByteStream> below_;
  std::unique_ptr<TlsSession> session_;
  Buffer input_;
  Buffer output_;
  ReadHandler handler_;
  Callback writable_;
  Timer soon_;
  Lifetime lifetime_;
  bool reading_ = false;  // from below
  bool delivering_ = false;
  bool handler_set_ = false;  // during a delivery
  bool waits_for_room_ = false;
  bool write_shut_ = false;
  bool shut_below_ = false;
  bool ended_ = false;  // the reader has heard the end
  bool over_ = false;   // reset, told or done by us
};

void TlsStream::write(Buffer& data) {
  if (over_ || write_shut_) return data.clear();
  while (!data.empty() && output_.empty()) {
    while (!data.empty() && output_.size() < kSealedAtOnce) session_->seal(data, output_);
    flush();
  }
}

void TlsStream::flush() {
  if (over_) return;
  if (shut_below_) output_.clear();  // nothing may follow the end
  if (!output_.empty()) below_->write(output_);
  if (output_.empty()) {
    if (write_shut_ && !std::exchange(shut_below_, true)) below_->shutdown_write();
    return;
  }
  if (std::exchange(waits_for_room_, true)) return;
  below_->on_writable([this] {
    waits_for_room_ = false;
    flush();
    if (over_ || !output_.empty() || !writable_) return;
    Callback then = std::exchange(writable_, {});
    then();
  });
}

void TlsStream::on_writable(Callback then) {
  writable_ = std::move(then);
  if (output_.empty() && !waits_for_room_) {
    waits_for_room_ = true;
    below_->on_writable([this] {
      waits_for_room_ = false;
      flush();
      if (over_ || !output_.empty() || !writable_) return;
      Callback now = std::exchange(writable_, {});
      now();
    });
  }
}

void TlsStream::shutdown_write() {
  if (over_ || std::exchange(write_shut_, true)) return;
  session_->close(output_);
  flush();
}

void TlsStream::abort() {
  if (std::exchange(over_, true)) return;
  soon_.cancel();
  below_->abort();
}

void TlsStream::on_read(ReadHandler handler) {
  handler_ = std::move(handler);
  handler_set_ = true;
  if (delivering_) return;
  if (handler_ && !input_.empty() && !over_) {
    soon_ = runtime_.clock.after(0, [this] { deliver(); });
  }
  read_below();
}

// Reads from below while somebody reads from here, and nobody has heard the end.
void TlsStream::read_below() {
  const bool wants = handler_ && !over_;
  if (wants == reading_) return;
  reading_ = wants;
  if (wants) {
    below_->on_read([this](ReadEvent event, Buffer& data) { on_below(event, data); });
  } else if (!over_) {
    below_->on_read({});
  }
}

void TlsStream::on_below(ReadEvent event, Buffer& data) {
  if (event == ReadEvent::data) {
    input_.append(std::move(data));
    deliver();
  } else if (event == ReadEvent::reset || !ended_) {
    // An end without close_notify: whether more was meant to come cannot be known.
    Watch watch(lifetime_);
    if (!input_.empty()) deliver();
    if (watch.gone() || over_ || (event == ReadEvent::end && ended_)) return;
    break_off();
  }
}

void TlsStream::deliver() {
  if (delivering_) return;
  Watch watch(lifetime_);
  while (handler_ && !over_ && !input_.empty()) {
    Buffer plaintext;
    const TlsSession::Opened opened = session_->open(input_, plaintext, kOpenedAtOnce, output_);
    if (!output_.empty()) flush();
    const bool some = !plaintext.empty();
    if (some && (ended_ || !tell(ReadEvent::data, plaintext))) return;
    if (over_) return;
    if (opened == TlsSession::Opened::broken) {
      break_off();
      return;
    }
    if (opened == TlsSession::Opened::closed && !std::exchange(ended_, true)) {
      Buffer nothing;
      if (!tell(ReadEvent::end, nothing)) return;
    }
    if (!some || opened == TlsSession::Opened::closed) break;
  }
  if (!watch.gone()) read_below();
}

bool TlsStream::tell(ReadEvent event, Buffer& data) {
  if (!handler_) return true;
  Watch watch(lifetime_);
  ReadHandler handler = std::exchange(handler_, {});
  handler_set_ = false;
  delivering_ = true;
  handler(event, data);
  if (watch.gone()) return false;
  delivering_ = false;
  if (!handler_set_ && !over_) handler_ = std::move(handler);
  return true;
}

void TlsStream::break_off() {
  over_ = true;
  below_->abort();
  Watch watch(lifetime_);
  Buffer nothing;
  if (handler_) {
    ReadHandler handler = std::exchange(handler_, {});
    handler(ReadEvent::reset, nothing);
  }
  if (!watch.gone() && writable_) {
    Callback then = std::exchange(writable_, {});
    then();
  }
}

}  // namespace

std::unique_ptr<ByteStream> make_tls_stream(Runtime& runtime, std::unique_ptr<ByteStream> below,
                                            std::unique_ptr<TlsSession> session, Buffer input, Buffer output) {
  return std::make_unique<TlsStream>(runtime, std::move(below), std::move(session), std::move(input),
                                     std::move(output));
}

}  // namespace meshtwin
