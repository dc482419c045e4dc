// A server that hears from the first bytes which version its client speaks. Four bytes are enough: no method of
// HTTP/1.1 begins with "PRI ".

#include <algorithm>
#include <utility>

#include "mesh/runtime/clock.h"
#include "mesh/wire/http2_codec.h"
#include "mesh/wire/http2_preface.h"
#include "mesh/wire/lifetime.h"

namespace meshtwin {
namespace {

// A stream of which something has been read already: that comes first.
class ResumedStream final : public ByteStream {
 public:
  ResumedStream(Clock& clock, std::unique_ptr<ByteStream> stream, Buffer first)
      : clock_(clock), stream_(std::move(stream)), first_(std::move(first)) {}

  void write(Buffer& data) override { stream_->write(data); }
  void on_writable(Callback then) override { stream_->on_writable(std::move(then)); }
  void shutdown_write() override { stream_->shutdown_write(); }
  void abort() override {
    first_.clear();
    later_.cancel();
    stream_->abort();
  }
  void on_read(ReadHandler handler) override {
    replaced_ = true;
    if (first_.empty()) {
      stream_->on_read(std::move(handler));
      return;
    }
    handler_ = std::move(handler);
    if (handler_) later_ = clock_.after(0, [this] { give_first(); });
  }

 private:
  void give_first() {
    if (!handler_) return;
    Watch watch(lifetime_);
    Buffer first = std::move(first_);
    ReadHandler handler = std::move(handler_);
    handler_ = {};
    replaced_ = false;
    handler(ReadEvent::data, first);
    if (watch.gone()) return;
    if (!replaced_) stream_->on_read(std::move(handler));
  }

  Clock& clock_;
  std::unique_ptr<ByteStream> stream_;
  Buffer first_;
  ReadHandler handler_;
  bool replaced_ = false;
  Timer later_;
  Lifetime lifetime_;
};

enum class Version { unknown, http1, http2 };

Version version_of(const Buffer& first) {
  constexpr std::string_view kSign = kHttp2Preface.substr(0, 4);
  if (first.front_is_virtual()) {
    const Message* const message = first.first_message();
    if (message == nullptr) return Version::unknown;
    return dynamic_cast<const Http2PrefaceMessage*>(message) != nullptr ? Version::http2 : Version::http1;
  }
  const std::string begin = first.share(0, std::min(first.size(), kSign.size())).to_string();
  if (begin != kSign.substr(0, begin.size())) return Version::http1;
  return begin.size() == kSign.size() ? Version::http2 : Version::unknown;
}

class DetectingServer final : public ServerConnection, private ServerHandler {
 public:
  DetectingServer(Runtime& runtime, std::unique_ptr<ByteStream> stream, ServerHandler& handler,
                  const HttpLimits& limits, const HttpCodec& http1, const HttpCodec& http2)
      : runtime_(runtime),
        handler_(handler),
        limits_(limits),
        http1_(http1),
        http2_(http2),
        stream_(std::move(stream)) {
    stream_->on_read([this](ReadEvent event, Buffer& data) { on_bytes(event, data); });
    set_limit(limits.connection_idle);
  }

 private:
  void on_bytes(ReadEvent event, Buffer& data) {
    if (event != ReadEvent::data) {
      handler_.on_closed(*this);
      return;
    }
    first_.append(std::move(data));
    const Version version = version_of(first_);
    if (version == Version::unknown) {
      if (!std::exchange(begun_, true)) set_limit(limits_.request_head);
      return;
    }
    limit_ = {};
    stream_->on_read({});
    auto resumed = std::make_unique<ResumedStream>(runtime_.clock, std::move(stream_), std::move(first_));
    connection_ = (version == Version::http2 ? http2_ : http1_).serve(runtime_, std::move(resumed), *this, limits_);
  }
  void set_limit(Duration limit) {
    if (limit > 0) limit_ = runtime_.clock.after(limit, [this] { handler_.on_closed(*this); });
  }
  RequestReceiver& on_exchange(ServerConnection&, ServerExchange& exchange) override {
    return handler_.on_exchange(*this, exchange);
  }
  void on_closed(ServerConnection&) override { handler_.on_closed(*this); }

  Runtime& runtime_;
  ServerHandler& handler_;
  const HttpLimits limits_;
  const HttpCodec& http1_;
  const HttpCodec& http2_;
  std::unique_ptr<ByteStream> stream_;  // until the version is known
  Buffer first_;
  bool begun_ = false;
  Timer limit_;
  std::unique_ptr<ServerConnection> connection_;
};

}  // namespace

std::unique_ptr<ServerConnection> make_detecting_server(Runtime& runtime, std::unique_ptr<ByteStream> stream,
                                                        ServerHandler& handler, const HttpLimits& limits,
                                                        const HttpCodec& http1, const HttpCodec& http2) {
  return std::make_unique<DetectingServer>(runtime, std::move(stream), handler, limits, http1, http2);
}

}  // namespace meshtwin
