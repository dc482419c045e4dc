#include "mesh/wire/peeked_stream.h"

#include <optional>
#include <utility>

#include "mesh/runtime/clock.h"
#include "mesh/wire/lifetime.h"
#include "mesh/wire/tls.h"

namespace meshtwin {
namespace {

// A stream whose first bytes have been read already: gives them out again, then is the stream itself.
class PeekedStream final : public ByteStream {
 public:
  PeekedStream(Runtime& runtime, std::unique_ptr<ByteStream> inner, Buffer first)
      : runtime_(runtime), inner_(std::move(inner)), first_(std::move(first)) {}
  ~PeekedStream() override {
    if (!first_.empty()) inner_->abort();  // received and left unread
  }

  void write(Buffer& data) override { inner_->write(data); }
  void on_writable(Callback then) override { inner_->on_writable(std::move(then)); }
  void shutdown_write() override { inner_->shutdown_write(); }
  void abort() override {
    give_ = {};
    handler_ = {};
    first_.clear();
    inner_->abort();
  }
  void on_read(ReadHandler handler) override {
    if (first_.empty() && !giving_) {
      inner_->on_read(std::move(handler));
      return;
    }
    handler_ = std::move(handler);
    handler_set_ = true;
    if (giving_) return;
    if (handler_) {
      give_ = runtime_.clock.after(0, [this] { give(); });
    } else {
      give_ = {};
    }
  }

 private:
  void give() {
    Watch watch(lifetime_);
    Buffer first = std::move(first_);
    ReadHandler handler = std::move(handler_);
    handler_ = {};
    handler_set_ = false;
    giving_ = true;
    handler(ReadEvent::data, first);
    if (watch.gone()) return;
    giving_ = false;
    inner_->on_read(handler_set_ ? std::move(handler_) : std::move(handler));
  }

  Runtime& runtime_;
  const std::unique_ptr<ByteStream> inner_;
  Buffer first_;
  ReadHandler handler_;  // until the first bytes are given out
  bool handler_set_ = false;
  bool giving_ = false;
  Timer give_;
  Lifetime lifetime_;
};

class Peek final : public Activity {
 public:
  Peek(Runtime& runtime, std::unique_ptr<ByteStream> stream, Duration at_most, bool server_name, PeekHandler then)
      : runtime_(runtime), stream_(std::move(stream)), wants_name_(server_name), then_(std::move(then)) {
    stream_->on_read([this](ReadEvent event, Buffer& data) { on_event(event, data); });
    if (at_most > 0) timeout_ = runtime.clock.after(at_most, [this] { give(false); });
  }

 private:
  void on_event(ReadEvent event, Buffer& data) {
    if (event != ReadEvent::data) {
      stream_ = nullptr;
      finish({});
      return;
    }
    seen_.append(std::move(data));
    const std::optional<bool> tls = looks_like_tls(seen_);
    if (!tls.has_value()) return;
    if (!*tls || !wants_name_) return give(*tls);
    if (std::optional<std::string> name = server_name_in(seen_)) give(true, std::move(*name));
  }
  void give(bool tls, std::string server_name = {}) {
    stream_->on_read({});
    if (seen_.empty()) return finish({std::move(stream_), tls});
    finish(
        {std::make_unique<PeekedStream>(runtime_, std::move(stream_), std::move(seen_)), tls, std::move(server_name)});
  }
  void finish(Peeked peeked) {
    timeout_ = {};
    PeekHandler then = std::move(then_);
    then(std::move(peeked));  // may destroy this
  }

  Runtime& runtime_;
  std::unique_ptr<ByteStream> stream_;
  const bool wants_name_;
  Buffer seen_;
  PeekHandler then_;
  Timer timeout_;
};

}  // namespace

Handle peek(Runtime& runtime, std::unique_ptr<ByteStream> stream, Duration at_most, PeekHandler then) {
  return std::make_unique<Peek>(runtime, std::move(stream), at_most, false, std::move(then));
}

Handle peek_server_name(Runtime& runtime, std::unique_ptr<ByteStream> stream, Duration at_most, PeekHandler then) {
  return std::make_unique<Peek>(runtime, std::move(stream), at_most, true, std::move(then));
}

}  // namespace meshtwin
