// Handshakes: a session is driven over a stream until it is established, which then becomes a TlsStream, or has failed.

#include <algorithm>
#include <utility>

#include "mesh/runtime/clock.h"
#include "mesh/wire/tls.h"
#include "mesh/wire/tls_session.h"
#include "mesh/wire/tls_stream.h"

namespace meshtwin {
namespace {

class Handshake final : public Activity {
 public:
  Handshake(Runtime& runtime, std::unique_ptr<ByteStream> stream, std::unique_ptr<TlsSession> session, Duration timeout,
            SecuredHandler then)
      : runtime_(runtime), stream_(std::move(stream)), session_(std::move(session)), then_(std::move(then)) {
    stream_->on_read([this](ReadEvent event, Buffer& data) { on_below(event, data); });
    session_->on_signature([this] { advance(); });
    begin_ = runtime_.clock.after(0, [this] { advance(); });
    limit_ = runtime_.clock.after(timeout, [this] { fail(TlsError::timed_out, "the handshake took too long"); });
  }

 private:
  void on_below(ReadEvent event, Buffer& data) {
    if (event == ReadEvent::data) {
      input_.append(std::move(data));
      advance();
    } else {
      fail(TlsError::lost, "the connection ended during the handshake");
    }
  }

  void advance() {
    const TlsSession::State state = session_->handshake(input_, output_);
    if (state == TlsSession::State::failed) {
      // The alert, as far as there is room for it; then the end.
      stream_->write(output_);
      SecuredStream outcome = session_->outcome();
      stream_->shutdown_write();
      finish(std::move(outcome));
    } else if (state == TlsSession::State::established) {
      SecuredStream outcome = session_->outcome();
      stream_->on_read({});
      session_->on_signature({});
      outcome.stream =
          make_tls_stream(runtime_, std::move(stream_), std::move(session_), std::move(input_), std::move(output_));
      finish(std::move(outcome));
    } else {
      flush();
    }
  }

  void flush() {
    if (!output_.empty()) stream_->write(output_);
    if (output_.empty() || std::exchange(waits_for_room_, true)) return;
    stream_->on_writable([this] {
      waits_for_room_ = false;
      flush();
    });
  }

  void fail(TlsError error, const char* detail) {
    SecuredStream outcome;
    outcome.error = error;
    outcome.detail = detail;
    stream_->abort();
    finish(std::move(outcome));
  }

  void finish(SecuredStream outcome) {
    limit_.cancel();
    begin_.cancel();
    std::unique_ptr<ByteStream> stream = std::move(stream_);  // a failed one closes after its owner has been told
    SecuredHandler then = std::move(then_);
    then(std::move(outcome));  // may destroy this
  }

  Runtime& runtime_;
  std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<TlsSession> session_;
  SecuredHandler then_;
  Buffer input_;
  Buffer output_;
  Timer begin_;
  Timer limit_;
  bool waits_for_room_ = false;
};

class Context final : public TlsContext {
 public:
  Context(Runtime& runtime, std::unique_ptr<TlsSessions> sessions)
      : runtime_(runtime), sessions_(std::move(sessions)) {}

  Handle connect(std::unique_ptr<ByteStream> stream, const TlsClientOptions& options, SecuredHandler then) override {
    return std::make_unique<Handshake>(runtime_, std::move(stream), sessions_->client(options), options.timeout,
                                       std::move(then));
  }
  Handle accept(std::unique_ptr<ByteStream> stream, const TlsServerOptions& options, SecuredHandler then) override {
    return std::make_unique<Handshake>(runtime_, std::move(stream), sessions_->server(options), options.timeout,
                                       std::move(then));
  }
  void update(std::shared_ptr<const Credential> credential, std::shared_ptr<const TrustBundle> trust) override {
    sessions_->update(std::move(credential), std::move(trust));
  }

 private:
  Runtime& runtime_;
  const std::unique_ptr<TlsSessions> sessions_;
};

}  // namespace

std::unique_ptr<TlsContext> make_tls_context(Wire wire, Runtime& runtime, std::shared_ptr<const Credential> credential,
                                             std::shared_ptr<const TrustBundle> trust) {
  std::unique_ptr<TlsSessions> sessions =
      wire == Wire::real ? make_openssl_sessions(runtime) : make_modelled_sessions(runtime);
  sessions->update(std::move(credential), std::move(trust));
  return std::make_unique<Context>(runtime, std::move(sessions));
}

}  // namespace meshtwin
