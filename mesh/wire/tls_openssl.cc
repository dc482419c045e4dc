// TLS 1.3 by OpenSSL. The library reads and writes our buffers through a BIO of its own kind; what a certificate says
// is judged by check_peer within the handshake, so that a peer that is refused hears why.

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <stdexcept>
#include <utility>

#include "mesh/identity/x509.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"
#include "mesh/wire/tls_delegated_key.h"
#include "mesh/wire/tls_session.h"

namespace meshtwin {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, OpenSslDeleter<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpenSslDeleter<SSL_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, OpenSslDeleter<SSL_SESSION_free>>;

constexpr std::size_t kOpenedBlock = 16 * 1024;

class OpenSslSession;

// Of one context between two updates; its sessions keep it.
struct Shared {
  std::shared_ptr<const Credential> credential;
  std::shared_ptr<const TrustBundle> trust;
  ContextPtr client;  // null: there is no credential
  ContextPtr server;
  std::map<std::string, SessionPtr> tickets;  // a client's, by session key
};

// The buffers an SSL reads from and writes to, for the length of one call.
struct Pipes {
  Buffer* in = nullptr;
  Buffer* out = nullptr;
};

int pipe_write(BIO* bio, const char* data, int length) {
  static_cast<Pipes*>(BIO_get_data(bio))->out->append(std::string_view(data, static_cast<std::size_t>(length)));
  return length;
}

int pipe_read(BIO* bio, char* data, int length) {
  BIO_clear_retry_flags(bio);
  Buffer* in = static_cast<Pipes*>(BIO_get_data(bio))->in;
  int read = 0;
  while (in != nullptr && !in->empty() && !in->front_is_virtual() && read < length) {
    const std::string_view front = in->front_bytes().substr(0, static_cast<std::size_t>(length - read));
    std::memcpy(data + read, front.data(), front.size());
    read += static_cast<int>(front.size());
    in->drop(front.size());
  }
  if (read > 0) return read;
  BIO_set_retry_read(bio);
  return -1;
}

long pipe_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* pipe_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "buffers");
    BIO_meth_set_write(made, pipe_write);
    BIO_meth_set_read(made, pipe_read);
    BIO_meth_set_ctrl(made, pipe_control);
    return made;
  }();
  return method;
}

class OpenSslSession final : public TlsSession, private DelegatedKeyUser {
 public:
  OpenSslSession(Runtime& runtime, std::shared_ptr<Shared> shared, const TlsClientOptions& options)
      : OpenSslSession(runtime, std::move(shared), false) {
    expected_ = options.expected;
    session_key_ = options.session_key;
    alpn_ = options.alpn;
    if (ssl_ != nullptr) begin_client(options);
  }
  OpenSslSession(Runtime& runtime, std::shared_ptr<Shared> shared, const TlsServerOptions& options)
      : OpenSslSession(runtime, std::move(shared), true) {
    alpn_ = options.alpn;
    requires_peer_ = options.requires_client;
    if (ssl_ == nullptr) return;
    if (requires_peer_) SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_set_num_tickets(ssl_.get(), options.ticket_count);
    SSL_set_accept_state(ssl_.get());
  }

  ~OpenSslSession() override;

  State handshake(Buffer& in, Buffer& out) override;
  SecuredStream outcome() override { return std::move(outcome_); }
  void seal(Buffer& data, Buffer& out) override;
  Opened open(Buffer& in, Buffer& plaintext, std::size_t most, Buffer& out) override;
  void close(Buffer& out) override {
    pipes_ = {nullptr, &out};
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
    pipes_ = {};
  }

  // Called by OpenSSL through the context's callbacks.
  bool verify(X509_STORE_CTX& store);
  int choose_protocol(const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                      unsigned int offered_length);
  void keep_ticket(SSL_SESSION* session) {
    if (!session_key_.empty()) shared_->tickets[session_key_] = SessionPtr(session);
  }
  bool keeps_tickets() const { return !server_ && !session_key_.empty(); }

 private:
  OpenSslSession(Runtime& runtime, std::shared_ptr<Shared> shared, bool server)
      : runtime_(runtime), shared_(std::move(shared)), server_(server) {
    SSL_CTX* context = (server ? shared_->server : shared_->client).get();
    if (context == nullptr) return;
    ssl_.reset(SSL_new(context));
    if (ssl_ == nullptr) throw_openssl("make a TLS session");
    SSL_set_app_data(ssl_.get(), this);
    BIO* bio = BIO_new(pipe_method());
    BIO_set_data(bio, &pipes_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
  }

  void begin_client(const TlsClientOptions& options);
  Signer& signer() override { return *shared_->credential->signer; }
  void on_signed() override {
    if (on_signature_) on_signature_();
  }
  int do_handshake(Buffer& in, Buffer& out);
  Time unix_now() const { return runtime_.clock.unix_zero() + runtime_.clock.now(); }
  State failed(TlsError error, std::string detail);
  State explain_failure();
  State establish();

  Runtime& runtime_;
  const std::shared_ptr<Shared> shared_;
  const bool server_;
  SslPtr ssl_;
  Pipes pipes_;
  std::vector<std::string> expected_;
  std::vector<std::string> alpn_;
  std::string session_key_;
  bool requires_peer_ = true;
  bool heard_ = false;
  bool hello_charged_ = false;
  PeerProblem problem_ = PeerProblem::none;
  std::string peer_uri_;
  bool no_protocol_ = false;
  SecuredStream outcome_;
};

OpenSslSession& session_of(const SSL* ssl) {
  return *static_cast<OpenSslSession*>(SSL_get_app_data(const_cast<SSL*>(ssl)));
}

void OpenSslSession::begin_client(const TlsClientOptions& options) {
  SSL_set_connect_state(ssl_.get());
  if (!options.server_name.empty()) SSL_set_tlsext_host_name(ssl_.get(), options.server_name.c_str());
  std::string protocols;
  for (const std::string& protocol : options.alpn) protocols += static_cast<char>(protocol.size()) + protocol;
  if (!protocols.empty()) {
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
  }
  if (const auto found = shared_->tickets.find(session_key_); found != shared_->tickets.end()) {
    SSL_set_session(ssl_.get(), found->second.get());
  }
}

TlsSession::State OpenSslSession::failed(TlsError error, std::string detail) {
  outcome_.error = error;
  outcome_.peer_problem = problem_;
  outcome_.detail = std::move(detail);
  return State::failed;
}

// The first thing a client says is looked at before the library is, whose errors tell little apart.
bool is_handshake_record(const Buffer& in) {
  return !in.front_is_virtual() && in.front_bytes()[0] == 0x16;
}

TlsSession::State OpenSslSession::handshake(Buffer& in, Buffer& out) {
  if (ssl_ == nullptr) {
    problem_ = PeerProblem::no_certificate;
    return failed(TlsError::bad_certificate, "there is no certificate of our own");
  }
  if (!heard_ && !in.empty()) {
    heard_ = true;
    if (server_ && !is_handshake_record(in)) return failed(TlsError::not_tls, "what came was not TLS");
  }
  const int done = do_handshake(in, out);
  if (done == 1) return establish();
  const int why = SSL_get_error(ssl_.get(), done);
  if (why == SSL_ERROR_WANT_ASYNC) return State::handshaking;
  if (refused()) return failed(TlsError::own_key, "the private key's holder refused to sign");
  if (why == SSL_ERROR_WANT_READ && (in.empty() || !in.front_is_virtual())) return State::handshaking;
  return explain_failure();
}

int OpenSslSession::do_handshake(Buffer& in, Buffer& out) {
  pipes_ = {&in, &out};
  ERR_clear_error();
  const InTurn turn(*this);
  const int done = SSL_do_handshake(ssl_.get());
  pipes_ = {};
  return done;
}

// A handshake that waits for a signature is a job of the library's, which has to come to its end.
OpenSslSession::~OpenSslSession() {
  if (!waits_for_signature()) return;
  give_up();
  Buffer nothing;
  Buffer unsent;
  do_handshake(nothing, unsent);
  ERR_clear_error();
}

TlsSession::State OpenSslSession::explain_failure() {
  const unsigned long code = ERR_peek_error();
  const int reason = ERR_GET_REASON(code);
  const std::string detail = openssl_error();
  if (problem_ != PeerProblem::none) {
    return failed(TlsError::bad_certificate, std::string(describe(problem_)) + ": " + peer_uri_);
  }
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
    problem_ = PeerProblem::no_certificate;
    return failed(TlsError::bad_certificate, describe(problem_));
  }
  if (no_protocol_) return failed(TlsError::no_protocol, "no application protocol in common");
  // Alerts from the peer come as reasons above SSL_AD_REASON_OFFSET.
  if (reason > SSL_AD_REASON_OFFSET) return failed(TlsError::peer_refused, detail);
  return failed(TlsError::protocol, detail);
}

TlsSession::State OpenSslSession::establish() {
  const bool resumed = SSL_session_reused(ssl_.get()) == 1;
  const X509* peer = SSL_get0_peer_certificate(ssl_.get());
  if (peer == nullptr && requires_peer_) {
    problem_ = PeerProblem::no_certificate;
    return failed(TlsError::bad_certificate, describe(problem_));
  }
  if (peer != nullptr) {
    // Also of a resumed session: it may have expired since, or be another identity's than is expected now.
    const CertificateFacts facts = facts_of(*peer);
    problem_ = check_peer(facts, *shared_->trust, expected_, unix_now());
    if (problem_ != PeerProblem::none) {
      return failed(TlsError::bad_certificate, std::string(describe(problem_)) + ": " + facts.uri);
    }
    outcome_.peer_identity = facts.uri;
  }
  const unsigned char* protocol = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(ssl_.get(), &protocol, &length);
  outcome_.alpn.assign(reinterpret_cast<const char*>(protocol), length);
  outcome_.resumed = resumed;
  const Operation full = server_ ? Operation::tls_full_server : Operation::tls_full_client;
  runtime_.cpu.charge(resumed ? Operation::tls_resumed : full, 1);
  return State::established;
}

bool OpenSslSession::verify(X509_STORE_CTX& store) {
  const X509* peer = X509_STORE_CTX_get0_cert(&store);
  X509_STORE_CTX_set_time(&store, 0, unix_now() / kSecond);
  const CertificateFacts facts = facts_of(*peer);
  peer_uri_ = facts.uri;
  problem_ = check_peer(facts, *shared_->trust, expected_, unix_now());
  if (problem_ != PeerProblem::none) {
    X509_STORE_CTX_set_error(
        &store, problem_ == PeerProblem::expired ? X509_V_ERR_CERT_HAS_EXPIRED : X509_V_ERR_APPLICATION_VERIFICATION);
    return false;
  }
  if (X509_verify_cert(&store) == 1) return true;
  problem_ = PeerProblem::untrusted;
  return false;
}

int OpenSslSession::choose_protocol(const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                                    unsigned int offered_length) {
  if (alpn_.empty()) return SSL_TLSEXT_ERR_NOACK;
  for (const std::string& mine : alpn_) {
    for (unsigned at = 0; at < offered_length && at + 1 + offered[at] <= offered_length; at += 1 + offered[at]) {
      const std::string_view theirs(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
      if (theirs != mine) continue;
      *chosen = offered + at + 1;
      *length = offered[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  no_protocol_ = true;
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void OpenSslSession::seal(Buffer& data, Buffer& out) {
  const std::size_t length = std::min(data.size(), kRecordBytes);
  runtime_.cpu.charge(Operation::tls_seal, static_cast<std::int64_t>(length));
  pipes_ = {nullptr, &out};
  const auto write = [this](const char* bytes, std::size_t n) {
    std::size_t written = 0;
    SSL_write_ex(ssl_.get(), bytes, n, &written);  // all of it: the buffer below takes everything
  };
  if (!data.front_is_virtual() && data.front_size() >= length) {
    write(data.front_bytes().data(), length);
    data.drop(length);
  } else {
    const std::string bytes = data.take(length).to_string();  // several slices become one record
    write(bytes.data(), bytes.size());
  }
  pipes_ = {};
}

TlsSession::Opened OpenSslSession::open(Buffer& in, Buffer& plaintext, std::size_t most, Buffer& out) {
  pipes_ = {&in, &out};
  Opened opened = Opened::some;
  while (plaintext.size() < most) {
    // Most reads bring less than a record's most; what is left of the block is given back.
    std::string block(std::min(kOpenedBlock, std::max<std::size_t>(in.size(), 512)), '\0');
    std::size_t read = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), block.data(), block.size(), &read);
    if (result == 1) {
      runtime_.cpu.charge(Operation::tls_open, static_cast<std::int64_t>(read));
      block.resize(read);
      plaintext.append(std::move(block));
      continue;
    }
    const int why = SSL_get_error(ssl_.get(), result);
    if (why == SSL_ERROR_ZERO_RETURN) opened = Opened::closed;
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_ZERO_RETURN) opened = Opened::broken;
    if (why == SSL_ERROR_WANT_READ && !in.empty()) opened = Opened::broken;  // virtual bytes: no TLS at all
    break;
  }
  ERR_clear_error();
  pipes_ = {};
  return opened;
}

ContextPtr make_context(const Credential& credential, const TrustBundle& trust, bool server) {
  ContextPtr context(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  if (context == nullptr) throw_openssl("make a TLS context");
  SSL_CTX* ctx = context.get();
  SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const std::vector<X509Ptr> chain = read_chain(credential.chain_pem);
  const bool delegated = credential.signer != nullptr;
  const KeyPtr key = delegated ? make_delegated_key(*chain[0]) : read_key(credential.key_pem);
  if (delegated) SSL_CTX_set_mode(ctx, SSL_MODE_ASYNC);
  if (SSL_CTX_use_certificate(ctx, chain[0].get()) != 1 || SSL_CTX_use_PrivateKey(ctx, key.get()) != 1) {
    throw_openssl("use the credential");
  }
  for (const X509Ptr& root : read_chain(trust.roots_pem)) X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), root.get());
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
  // The root is known to whoever trusts it: only the leaf goes over the wire.
  SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_cert_verify_callback(
      ctx,
      [](X509_STORE_CTX* store, void*) {
        const auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
        return session_of(ssl).verify(*store) ? 1 : 0;
      },
      nullptr);
  return context;
}

void make_server_context(Shared& shared) {
  shared.server = make_context(*shared.credential, *shared.trust, true);
  SSL_CTX* ctx = shared.server.get();
  static constexpr unsigned char kSessionContext[] = "mesh";
  SSL_CTX_set_session_id_context(ctx, kSessionContext, sizeof kSessionContext - 1);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(
      ctx,
      [](SSL* ssl, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
         unsigned int offered_length,
         void*) { return session_of(ssl).choose_protocol(chosen, length, offered, offered_length); },
      nullptr);
}

void make_client_context(Shared& shared) {
  shared.client = make_context(*shared.credential, *shared.trust, false);
  SSL_CTX* ctx = shared.client.get();
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, [](SSL* ssl, SSL_SESSION* session) {
    OpenSslSession& owner = session_of(ssl);
    if (!owner.keeps_tickets()) return 0;
    owner.keep_ticket(session);
    return 1;  // kept
  });
}

class OpenSslSessions final : public TlsSessions {
 public:
  explicit OpenSslSessions(Runtime& runtime) : runtime_(runtime), shared_(std::make_shared<Shared>()) {}

  std::unique_ptr<TlsSession> client(const TlsClientOptions& options) override {
    return std::make_unique<OpenSslSession>(runtime_, shared_, options);
  }
  std::unique_ptr<TlsSession> server(const TlsServerOptions& options) override {
    return std::make_unique<OpenSslSession>(runtime_, shared_, options);
  }
  void update(std::shared_ptr<const Credential> credential, std::shared_ptr<const TrustBundle> trust) override {
    shared_ = std::make_shared<Shared>();
    shared_->credential = std::move(credential);
    shared_->trust = std::move(trust);
    if (shared_->credential == nullptr || shared_->trust == nullptr) return;
    make_server_context(*shared_);
    make_client_context(*shared_);
  }

 private:
  Runtime& runtime_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace

std::unique_ptr<TlsSessions> make_openssl_sessions(Runtime& runtime) {
  return std::make_unique<OpenSslSessions>(runtime);
}

}  // namespace meshtwin
