#pragma once

// One side of one TLS 1.3 connection without its input and output: bytes of the wire in, plaintext out, and the other
// way round. OpenSSL and the model of it both look like this; TlsStream does the rest for both.

#include <memory>
#include <string>

#include "mesh/base/buffer.h"
#include "mesh/wire/tls.h"

namespace meshtwin {

class TlsSession {
 public:
  enum class State { handshaking, established, failed };
  enum class Opened {
    some,    // there may be plaintext; more input is needed for more
    closed,  // the peer has said that it sends no more
    broken,  // what came was no good, or an alert
  };

  virtual ~TlsSession() = default;

  // Takes what it needs of `in`, appends to `out` what is to be sent. Also with nothing in `in`: a client begins so.
  virtual State handshake(Buffer& in, Buffer& out) = 0;
  // Called when the handshake goes on without more having come: a signature it waited for is there.
  void on_signature(Callback then) { on_signature_ = std::move(then); }
  // Why the handshake failed, and what came of it when it did not: SecuredStream without its stream.
  virtual SecuredStream outcome() = 0;

  // One record of at most kRecordBytes from the front of `data`.
  virtual void seal(Buffer& data, Buffer& out) = 0;
  // Whatever is complete in `in`, as long as `plaintext` is below `most`. `out`: what the protocol itself answers.
  virtual Opened open(Buffer& in, Buffer& plaintext, std::size_t most, Buffer& out) = 0;
  virtual void close(Buffer& out) = 0;  // says that nothing more will be sent

 protected:
  Callback on_signature_;
};

inline constexpr std::size_t kRecordBytes = 16 * 1024;

// What makes the sessions of a context; they may outlive it.
class TlsSessions {
 public:
  virtual ~TlsSessions() = default;
  virtual std::unique_ptr<TlsSession> client(const TlsClientOptions& options) = 0;
  virtual std::unique_ptr<TlsSession> server(const TlsServerOptions& options) = 0;
  virtual void update(std::shared_ptr<const Credential> credential, std::shared_ptr<const TrustBundle> trust) = 0;
};

std::unique_ptr<TlsSessions> make_openssl_sessions(Runtime& runtime);
std::unique_ptr<TlsSessions> make_modelled_sessions(Runtime& runtime);

}  // namespace meshtwin
