// The model of TLS 1.3: the flights of a handshake as messages of the sizes the real ones have, with the same checks of
// what certificates say, the same alerts and tickets; records as virtual bytes round what they carry.

#include <algorithm>
#include <map>
#include <utility>

#include "mesh/identity/authority.h"
#include "mesh/identity/signer.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"
#include "mesh/wire/client_hello.h"
#include "mesh/wire/tls_session.h"

namespace meshtwin {
namespace {

// Bytes on the wire as OpenSSL 3.0 sends them, beyond names and certificates; a test holds them to it.
constexpr std::size_t kClientHello = 215;
constexpr std::size_t kTicketInHello = 336;
constexpr std::size_t kServerHello = 128 + 6;  // and change_cipher_spec
constexpr std::size_t kFinished = 58;
constexpr std::size_t kCertificateFlight = 145;  // certificate and verify messages without the certificate
constexpr std::size_t kCertificateRequest = 75;
constexpr std::size_t kTicket = 255;
constexpr std::size_t kAlert = 24;
constexpr std::size_t kRecordHead = 5;
constexpr std::size_t kRecordTail = 17;  // the inner type and the tag

// What a ticket stands for, on both sides.
struct Ticket {
  const void* issuer = nullptr;  // the server's Shared
  CertificateFacts client;
};

struct ClientHello final : Message {
  std::string server_name;
  std::vector<std::string> alpn;
  std::shared_ptr<const Ticket> ticket;
};

struct ServerFlight final : Message {
  std::string alpn;
  bool resumed = false;
  bool asks_certificate = false;
  CertificateFacts facts;
};

struct ClientFlight final : Message {
  bool has_certificate = false;
  CertificateFacts facts;
};

struct NewTicket final : Message {
  std::shared_ptr<const Ticket> ticket;
};

struct Alert final : Message {
  explicit Alert(bool is_close) : close(is_close) {}
  const bool close;
};

struct RecordHead final : Message {
  explicit RecordHead(std::size_t n) : length(n) {}
  const std::size_t length;
};

// Of one context between two updates; its sessions keep it.
struct Shared {
  std::shared_ptr<const Credential> credential;
  std::shared_ptr<const TrustBundle> trust;
  std::map<std::string, std::shared_ptr<const Ticket>> tickets;  // a client's, by session key
};

class ModelledSession : public TlsSession {
 public:
  ModelledSession(Runtime& runtime, std::shared_ptr<Shared> shared) : runtime_(runtime), shared_(std::move(shared)) {}

  SecuredStream outcome() override { return std::move(outcome_); }
  void seal(Buffer& data, Buffer& out) override;
  Opened open(Buffer& in, Buffer& plaintext, std::size_t most, Buffer& out) override;
  void close(Buffer& out) override { out.append_virtual(kAlert, std::make_unique<Alert>(true)); }

 protected:
  State fail(TlsError error, PeerProblem problem, std::string detail, Buffer& out) {
    outcome_.error = error;
    outcome_.peer_problem = problem;
    outcome_.detail = std::move(detail);
    if (error != TlsError::peer_refused) out.append_virtual(kAlert, std::make_unique<Alert>(false));
    return State::failed;
  }
  // The next message of a handshake when all of it is there; null: not yet, or no modelled TLS at all (`foreign_`).
  std::unique_ptr<Message> next(Buffer& in);
  bool verify(const CertificateFacts& peer, const std::vector<std::string>& expected, Buffer& out, bool& failed);
  Time unix_now() const { return runtime_.clock.unix_zero() + runtime_.clock.now(); }
  void established(const CertificateFacts& peer, std::string alpn, bool resumed) {
    outcome_.peer_identity = peer.uri;
    outcome_.alpn = std::move(alpn);
    outcome_.resumed = resumed;
  }
  virtual void take_ticket(std::shared_ptr<const Ticket>) {}
  // False: our key lives elsewhere and has not signed yet; the flight is to wait for on_signature.
  bool signed_by_key() {
    if (signed_ || shared_->credential->signer == nullptr) return true;
    if (signing_ == nullptr) {
      signing_ = shared_->credential->signer->sign({}, [this](std::string signature) {
        signed_ = true;
        refused_ = signature.empty();
        if (on_signature_) on_signature_();
      });
    }
    return false;
  }
  State fail_for_key(Buffer& out) {
    return fail(TlsError::own_key, PeerProblem::none, "the private key's holder refused to sign", out);
  }

  Runtime& runtime_;
  const std::shared_ptr<Shared> shared_;
  SecuredStream outcome_;
  bool foreign_ = false;
  Handle signing_;
  bool signed_ = false;
  bool refused_ = false;

 private:
  std::size_t left_ = 0;  // of the record being opened, with its tail
  bool in_record_ = false;
};

class ModelledSessions final : public TlsSessions {
 public:
  explicit ModelledSessions(Runtime& runtime) : runtime_(runtime), shared_(std::make_shared<Shared>()) {}

  std::unique_ptr<TlsSession> client(const TlsClientOptions& options) override;
  std::unique_ptr<TlsSession> server(const TlsServerOptions& options) override;
  void update(std::shared_ptr<const Credential> credential, std::shared_ptr<const TrustBundle> trust) override {
    shared_ = std::make_shared<Shared>();
    shared_->credential = std::move(credential);
    shared_->trust = std::move(trust);
  }

 private:
  Runtime& runtime_;
  std::shared_ptr<Shared> shared_;
};

std::unique_ptr<Message> ModelledSession::next(Buffer& in) {
  while (!in.empty()) {
    if (!in.front_is_virtual()) {
      foreign_ = true;
      return nullptr;
    }
    if (std::unique_ptr<Message> message = in.take_front_message(); message != nullptr) return message;
  }
  return nullptr;
}

void ModelledSession::seal(Buffer& data, Buffer& out) {
  const std::size_t length = std::min(data.size(), kRecordBytes);
  runtime_.cpu.charge(Operation::tls_seal, static_cast<std::int64_t>(length));
  out.append_virtual(kRecordHead, std::make_unique<RecordHead>(length));
  out.append(data.take(length));
  out.append_virtual(kRecordTail);
}

TlsSession::Opened ModelledSession::open(Buffer& in, Buffer& plaintext, std::size_t most, Buffer&) {
  while (!in.empty() && plaintext.size() < most) {
    if (in_record_) {
      if (in.size() < left_) return Opened::some;
      const std::size_t length = left_ - kRecordTail;
      runtime_.cpu.charge(Operation::tls_open, static_cast<std::int64_t>(length));
      plaintext.append(in.take(length));
      in.drop(kRecordTail);
      in_record_ = false;
      continue;
    }
    const std::unique_ptr<Message> message = next(in);
    if (message == nullptr) return foreign_ ? Opened::broken : Opened::some;
    if (const auto* head = dynamic_cast<const RecordHead*>(message.get()); head != nullptr) {
      left_ = head->length + kRecordTail;
      in_record_ = true;
    } else if (const auto* alert = dynamic_cast<const Alert*>(message.get()); alert != nullptr) {
      return alert->close ? Opened::closed : Opened::broken;
    } else if (const auto* ticket = dynamic_cast<const NewTicket*>(message.get()); ticket != nullptr) {
      take_ticket(ticket->ticket);
    } else {
      return Opened::broken;
    }
  }
  return Opened::some;
}

// True when the peer may go on; otherwise the session has failed.
bool ModelledSession::verify(const CertificateFacts& peer, const std::vector<std::string>& expected, Buffer& out,
                             bool& failed) {
  const PeerProblem problem =
      shared_->trust == nullptr ? PeerProblem::untrusted : check_peer(peer, *shared_->trust, expected, unix_now());
  failed = problem != PeerProblem::none;
  if (failed) fail(TlsError::bad_certificate, problem, std::string(describe(problem)) + ": " + peer.uri, out);
  return !failed;
}

class ModelledClient final : public ModelledSession {
 public:
  ModelledClient(Runtime& runtime, std::shared_ptr<Shared> shared, const TlsClientOptions& options)
      : ModelledSession(runtime, std::move(shared)), options_(options) {}

  State handshake(Buffer& in, Buffer& out) override {
    if (!std::exchange(said_hello_, true)) hello(out);
    if (heard_ != nullptr) return answer(out);
    std::unique_ptr<Message> message = next(in);
    if (foreign_) return fail(TlsError::protocol, PeerProblem::none, "what came was not TLS", out);
    if (message == nullptr) return State::handshaking;
    if (dynamic_cast<const Alert*>(message.get()) != nullptr) {
      return fail(TlsError::peer_refused, PeerProblem::none, "the server sent an alert", out);
    }
    auto* flight = dynamic_cast<ServerFlight*>(message.get());
    if (flight == nullptr) return fail(TlsError::protocol, PeerProblem::none, "what came was not TLS", out);
    message.release();
    heard_.reset(flight);
    return answer(out);
  }

 private:
  void hello(Buffer& out) {
    auto hello = std::make_unique<ClientHello>();
    hello->server_name = options_.server_name;
    hello->alpn = options_.alpn;
    std::size_t size = kClientHello + options_.server_name.size();
    for (const std::string& protocol : options_.alpn) size += 1 + protocol.size();
    const auto found = shared_->tickets.find(options_.session_key);
    if (found != shared_->tickets.end()) {
      hello->ticket = found->second;
      size += kTicketInHello + certificate_der_size(found->second->client.uri);
    }
    out.append_virtual(size, std::move(hello));
  }

  State answer(Buffer& out) {
    const ServerFlight& flight = *heard_;
    bool failed = false;
    if (!verify(flight.facts, options_.expected, out, failed)) return State::failed;
    if (flight.asks_certificate && shared_->credential != nullptr && !signed_by_key()) return State::handshaking;
    if (refused_) return fail_for_key(out);
    auto mine = std::make_unique<ClientFlight>();
    std::size_t size = kFinished + 6;
    if (flight.asks_certificate && shared_->credential != nullptr) {
      mine->has_certificate = true;
      mine->facts = shared_->credential->facts;
      size += kCertificateFlight + certificate_der_size(mine->facts.uri);
    }
    runtime_.cpu.charge(flight.resumed ? Operation::tls_resumed : Operation::tls_full_client, 1);
    out.append_virtual(size, std::move(mine));
    established(flight.facts, flight.alpn, flight.resumed);
    return State::established;
  }

  void take_ticket(std::shared_ptr<const Ticket> ticket) override {
    if (!options_.session_key.empty()) shared_->tickets[options_.session_key] = std::move(ticket);
  }

  const TlsClientOptions options_;
  bool said_hello_ = false;
  std::unique_ptr<ServerFlight> heard_;
};

class ModelledServer final : public ModelledSession {
 public:
  ModelledServer(Runtime& runtime, std::shared_ptr<Shared> shared, const TlsServerOptions& options)
      : ModelledSession(runtime, std::move(shared)), options_(options) {}

  State handshake(Buffer& in, Buffer& out) override {
    if (greeting_ != nullptr) return send_greeting(in, out);
    const std::unique_ptr<Message> message = next(in);
    if (foreign_) return fail(TlsError::not_tls, PeerProblem::none, "what came was not TLS", out);
    if (message == nullptr) return State::handshaking;
    if (const auto* hello = dynamic_cast<const ClientHello*>(message.get()); hello != nullptr && !heard_hello_) {
      heard_hello_ = true;
      return greet(*hello, in, out);
    }
    if (const auto* flight = dynamic_cast<const ClientFlight*>(message.get()); flight != nullptr && heard_hello_) {
      return finish(*flight, out);
    }
    if (dynamic_cast<const Alert*>(message.get()) != nullptr) {
      return fail(TlsError::peer_refused, PeerProblem::none, "the client sent an alert", out);
    }
    return fail(heard_hello_ ? TlsError::protocol : TlsError::not_tls, PeerProblem::none, "what came was not TLS", out);
  }

 private:
  State greet(const ClientHello& hello, Buffer& in, Buffer& out) {
    auto flight = std::make_unique<ServerFlight>();
    for (const std::string& mine : options_.alpn) {
      if (std::find(hello.alpn.begin(), hello.alpn.end(), mine) == hello.alpn.end()) continue;
      flight->alpn = mine;
      break;
    }
    if (!options_.alpn.empty() && !hello.alpn.empty() && flight->alpn.empty()) {
      return fail(TlsError::no_protocol, PeerProblem::none, "no application protocol in common", out);
    }
    if (shared_->credential == nullptr) {
      return fail(TlsError::bad_certificate, PeerProblem::no_certificate, "there is no certificate of our own", out);
    }
    alpn_ = flight->alpn;
    flight->facts = shared_->credential->facts;
    const Ticket* ticket = hello.ticket.get();
    flight->resumed = ticket != nullptr && ticket->issuer == shared_.get() &&
                      check_peer(ticket->client, *shared_->trust, {}, unix_now()) == PeerProblem::none;
    resumed_ = flight->resumed;
    if (resumed_) resumed_client_ = ticket->client;
    flight->asks_certificate = !resumed_ && options_.requires_client;
    greeting_ = std::move(flight);
    return send_greeting(in, out);
  }

  State send_greeting(Buffer& in, Buffer& out) {
    if (!resumed_ && !signed_by_key()) return State::handshaking;
    if (refused_) return fail_for_key(out);
    std::unique_ptr<ServerFlight> flight = std::move(greeting_);
    std::size_t size = kServerHello + kFinished;
    if (!resumed_) size += kCertificateFlight + certificate_der_size(flight->facts.uri);
    if (flight->asks_certificate) size += kCertificateRequest;
    runtime_.cpu.charge(resumed_ ? Operation::tls_resumed : Operation::tls_full_server, 1);
    out.append_virtual(size, std::move(flight));
    return handshake(in, out);
  }

  State finish(const ClientFlight& flight, Buffer& out) {
    const CertificateFacts client = resumed_ ? resumed_client_ : flight.facts;
    if (options_.requires_client) {
      if (!resumed_ && !flight.has_certificate) {
        return fail(TlsError::bad_certificate, PeerProblem::no_certificate, describe(PeerProblem::no_certificate), out);
      }
      bool failed = false;
      if (!verify(client, {}, out, failed)) return State::failed;
    }
    established(client, alpn_, resumed_);
    for (std::size_t i = 0; i < options_.ticket_count && !client.uri.empty(); ++i) send_ticket(client, out);
    return State::established;
  }

  void send_ticket(const CertificateFacts& client, Buffer& out) {
    auto ticket = std::make_shared<Ticket>();
    ticket->issuer = shared_.get();
    ticket->client = client;
    auto message = std::make_unique<NewTicket>();
    message->ticket = std::move(ticket);
    out.append_virtual(kTicket + certificate_der_size(client.uri), std::move(message));
  }

  const TlsServerOptions options_;
  std::string alpn_;
  std::unique_ptr<ServerFlight> greeting_;  // until our key has signed
  bool heard_hello_ = false;
  bool resumed_ = false;
  CertificateFacts resumed_client_;
};

std::unique_ptr<TlsSession> ModelledSessions::client(const TlsClientOptions& options) {
  return std::make_unique<ModelledClient>(runtime_, shared_, options);
}
std::unique_ptr<TlsSession> ModelledSessions::server(const TlsServerOptions& options) {
  return std::make_unique<ModelledServer>(runtime_, shared_, options);
}

}  // namespace

std::unique_ptr<TlsSessions> make_modelled_sessions(Runtime& runtime) {
  return std::make_unique<ModelledSessions>(runtime);
}

std::optional<bool> looks_like_tls(const Buffer& first) {
  constexpr char kHandshakeRecord = 0x16;
  if (first.empty()) return std::nullopt;
  if (!first.front_is_virtual()) return first.front_bytes()[0] == kHandshakeRecord;
  const Message* message = first.first_message();
  if (message == nullptr) return std::nullopt;
  return dynamic_cast<const ClientHello*>(message) != nullptr;
}

std::optional<std::string> server_name_in(const Buffer& first) {
  if (first.empty()) return std::nullopt;
  if (!first.front_is_virtual()) return server_name_of(first.share(0, first.size()).to_string());
  const Message* message = first.first_message();
  if (message == nullptr) return std::nullopt;
  const auto* hello = dynamic_cast<const ClientHello*>(message);
  return hello == nullptr ? std::string() : hello->server_name;
}

}  // namespace meshtwin
