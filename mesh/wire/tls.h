#pragma once

// TLS 1.3 with SPIFFE certificates on both sides, over any ByteStream, giving a ByteStream. Two kinds stand behind this
// seam: OpenSSL on memory buffers (real bytes), and a model of it (flights of the right sizes, the same certificate
// checks, the same order of events; both charge the same operations). A handshake is bounded in time and never gives a
// stream to a peer whose certificate or identity was not verified. A TlsContext is one identity's: it keeps the session
// tickets by which later handshakes with the same peer are resumed.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/handle.h"
#include "mesh/identity/certificate.h"
#include "mesh/runtime/byte_stream.h"
#include "mesh/runtime/role.h"
#include "mesh/runtime/runtime.h"

namespace meshtwin {

enum class TlsError {
  none,
  not_tls,          // the first bytes are no ClientHello
  peer_refused,     // an alert from the other side (it did not like our certificate, or our protocols)
  bad_certificate,  // `peer_problem` says why
  no_protocol,      // no ALPN in common
  lost,             // the connection ended or was reset during the handshake
  timed_out,
  protocol,  // what came was not TLS 1.3
  own_key,   // whoever holds our private key would not sign with it
};

struct SecuredStream {
  std::unique_ptr<ByteStream> stream;  // null with an error
  TlsError error = TlsError::none;
  PeerProblem peer_problem = PeerProblem::none;
  std::string detail;         // for logs: "peer has spiffe://…, expected …"
  std::string peer_identity;  // the verified SPIFFE ID; empty when the client showed none and none was asked for
  std::string alpn;
  bool resumed = false;
};

using SecuredHandler = Function<void(SecuredStream secured)>;

struct TlsClientOptions {
  std::string server_name = {};        // SNI
  std::string session_key = {};        // under which its sessions are kept and looked for; empty: none are
  std::vector<std::string> alpn = {};  // by preference; empty: none is offered
  std::vector<std::string> expected =
      {};  // SPIFFE IDs, of which the server must have one; empty: any of the trust domain
  Duration timeout = 10 * kSecond;
};

struct TlsServerOptions {
  std::vector<std::string> alpn = {};  // by preference; empty: whatever the client offers is ignored
  bool requires_client = true;         // mutual
  Duration timeout = 10 * kSecond;
  std::size_t ticket_count = 1;  // session tickets sent after a full handshake
};

class TlsContext {
 public:
  virtual ~TlsContext() = default;
  // Destroying the handle gives the handshake up, and the stream with it. `then` is called once, never from inside.
  virtual Handle connect(std::unique_ptr<ByteStream> stream, const TlsClientOptions& options, SecuredHandler then) = 0;
  virtual Handle accept(std::unique_ptr<ByteStream> stream, const TlsServerOptions& options, SecuredHandler then) = 0;
  // From now on for new handshakes (rotation); sessions made with an older one are forgotten. Streams go on.
  virtual void update(std::shared_ptr<const Credential> credential, std::shared_ptr<const TrustBundle> trust) = 0;
};

// Without a credential every handshake fails with bad_certificate.
std::unique_ptr<TlsContext> make_tls_context(Wire wire, Runtime& runtime, std::shared_ptr<const Credential> credential,
                                             std::shared_ptr<const TrustBundle> trust);

// Whether what a client sent first begins a TLS handshake, real or modelled. None: more is needed to tell.
std::optional<bool> looks_like_tls(const Buffer& first);
// Of what begins one: the name the client asks for; empty: none. None: more is needed to tell.
std::optional<std::string> server_name_in(const Buffer& first);

}  // namespace meshtwin
