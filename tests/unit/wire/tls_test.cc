// One suite for TLS by OpenSSL and for the model of it: both sides over memory streams in virtual time.

#include <gtest/gtest.h>

#include <optional>

#include "mesh/identity/authority.h"
#include "mesh/identity/signer.h"
#include "mesh/wire/batch_signer.h"
#include "mesh/wire/tls.h"
#include "tests/unit/support/memory_world.h"

namespace meshtwin {
namespace {

using testing_world::MemoryStream;
using testing_world::MemoryWorld;

constexpr Duration kDay = 24 * 3600 * kSecond;

// What one side has seen of its secured stream.
struct Reader {
  std::string text;  // real bytes, and '\0' for virtual ones
  std::size_t bytes = 0;
  bool ended = false;
  bool reset = false;

  void read(ByteStream& stream) {
    stream.on_read([this](ReadEvent event, Buffer& data) {
      if (event == ReadEvent::end) ended = true;
      if (event == ReadEvent::reset) reset = true;
      bytes += data.size();
      if (bytes < 100000) text += data.to_string();
    });
  }
};

class Tls : public ::testing::TestWithParam<Wire> {
 protected:
  struct Party {
    std::unique_ptr<TlsContext> context;
    std::optional<SecuredStream> secured;
    Handle handshake;
    Reader reader;
    std::int64_t told = 0;
  };

  Wire wire() const { return GetParam(); }
  Time unix_now() const { return world_.clock.unix_zero() + world_.clock.now(); }

  std::unique_ptr<CertificateAuthority> make_authority(std::uint64_t key) {
    if (wire() == Wire::real) return make_x509_authority("cluster.local", unix_now());
    return make_modelled_authority("cluster.local", key);
  }

  std::shared_ptr<const Credential> credential(CertificateAuthority& authority, const std::string& account,
                                               Duration lifetime = kDay, const std::string& domain = "cluster.local") {
    const SpiffeId id{domain, "default", account};
    auto made = std::make_shared<Credential>();
    CertificateRequest request;
    if (wire() == Wire::real) request = make_certificate_request(id);
    IssuedCertificate issued = authority.issue(request.request_pem, id, unix_now(), lifetime);
    made->facts = issued.facts;
    made->chain_pem = issued.chain_pem;
    made->key_pem = request.key_pem;
    return made;
  }
  std::shared_ptr<const TrustBundle> trust(const CertificateAuthority& authority) {
    return std::make_shared<TrustBundle>(authority.trust());
  }
  std::unique_ptr<TlsContext> context(std::shared_ptr<const Credential> own,
                                      std::shared_ptr<const TrustBundle> trusted) {
    return make_tls_context(wire(), world_.runtime, std::move(own), std::move(trusted));
  }

  void make_parties() {
    client_.context = context(credential(*authority_, "frontend"), trust(*authority_));
    server_.context = context(credential(*authority_, "backend"), trust(*authority_));
  }

  // Both handshakes over a new connection, until nothing more happens (or a second is over).
  void shake(const TlsClientOptions& client = {}, const TlsServerOptions& server = {}) {
    auto [near, far] = MemoryStream::pair(world_.clock, world_.shape, &world_.wire);
    begin(client_, client_.context->connect(std::move(near), client, answer(client_)));
    begin(server_, server_.context->accept(std::move(far), server, answer(server_)));
    run();
  }
  SecuredHandler answer(Party& party) {
    party.secured.reset();
    party.reader = Reader();
    return [&party](SecuredStream secured) {
      ++party.told;
      party.secured = std::move(secured);
      if (party.secured->stream != nullptr) party.reader.read(*party.secured->stream);
    };
  }
  static void begin(Party& party, Handle handshake) { party.handshake = std::move(handshake); }
  void run(Duration length = kSecond) { world_.clock.run_until(world_.clock.now() + length); }
  ByteStream& stream(Party& party) { return *party.secured->stream; }
  void say(Party& party, const std::string& text) {
    Buffer data{std::string_view(text)};
    stream(party).write(data);
    EXPECT_TRUE(data.empty());
    run();
  }

  struct Meeting {
    const char* name;
    std::shared_ptr<const Credential> client, server;
    std::shared_ptr<const TrustBundle> client_trust, server_trust;
    TlsClientOptions options;
    PeerProblem seen_by_client, seen_by_server;
  };

  void check_refused(const Meeting& row) {
    SCOPED_TRACE(row.name);
    client_.context = context(row.client, row.client_trust);
    server_.context = context(row.server, row.server_trust);
    shake(row.options);
    ASSERT_TRUE(client_.secured && server_.secured);
    EXPECT_EQ(server_.secured->stream, nullptr);
    if (row.seen_by_client != PeerProblem::none) {
      EXPECT_EQ(client_.secured->error, TlsError::bad_certificate);
      EXPECT_EQ(client_.secured->peer_problem, row.seen_by_client);
      EXPECT_EQ(server_.secured->error, TlsError::peer_refused) << server_.secured->detail;
    } else {
      EXPECT_EQ(server_.secured->error, TlsError::bad_certificate);
      EXPECT_EQ(server_.secured->peer_problem, row.seen_by_server);
      // In TLS 1.3 the client is done before the server has looked: it hears of it when it reads.
      ASSERT_NE(client_.secured->stream, nullptr);
      EXPECT_TRUE(client_.reader.reset);
      EXPECT_EQ(client_.reader.bytes, 0u);
    }
  }

  MemoryWorld world_;
  std::unique_ptr<CertificateAuthority> authority_ = make_authority(1);
  Party client_;
  Party server_;
};

TEST_P(Tls, BothSidesLearnWhoTheOtherIsAndTalk) {
  make_parties();
  shake({.server_name = "backend", .alpn = {"istio", "http/1.1"}}, {.alpn = {"h2", "http/1.1"}});
  ASSERT_TRUE(client_.secured && client_.secured->stream) << client_.secured->detail;
  ASSERT_TRUE(server_.secured && server_.secured->stream) << server_.secured->detail;
  EXPECT_EQ(client_.secured->peer_identity, "spiffe://cluster.local/ns/default/sa/backend");
  EXPECT_EQ(server_.secured->peer_identity, "spiffe://cluster.local/ns/default/sa/frontend");
  EXPECT_EQ(client_.secured->alpn, "http/1.1");
  EXPECT_EQ(server_.secured->alpn, "http/1.1");
  say(client_, "ping");
  say(server_, "pong");
  EXPECT_EQ(server_.reader.text, "ping");
  EXPECT_EQ(client_.reader.text, "pong");
  EXPECT_EQ(client_.told, 1);
  EXPECT_EQ(world_.cpu.calls_of(Operation::tls_full_client), 1);
  EXPECT_EQ(world_.cpu.calls_of(Operation::tls_full_server), 1);
  EXPECT_EQ(world_.cpu.amount_of(Operation::tls_seal), 8);
  EXPECT_EQ(world_.cpu.amount_of(Operation::tls_open), 8);
}

TEST_P(Tls, HalfCloseGoesThroughAndTheOtherWayStaysOpen) {
  make_parties();
  shake();
  say(client_, "last");
  stream(client_).shutdown_write();
  run();
  EXPECT_TRUE(server_.reader.ended);
  EXPECT_FALSE(client_.reader.ended);
  say(server_, "still here");
  EXPECT_EQ(client_.reader.text, "still here");
  server_.secured->stream.reset();
  run();
  EXPECT_TRUE(client_.reader.ended);
  EXPECT_FALSE(client_.reader.reset);
}

TEST_P(Tls, WhatWasWrittenIsDeliveredAlthoughTheStreamIsDestroyed) {
  make_parties();
  world_.shape.buffer = 8 * 1024;
  shake();
  Buffer data;
  data.append(std::string(60000, 'x'));
  stream(client_).write(data);
  const std::size_t taken = 60000 - data.size();
  EXPECT_GT(taken, 0u);
  client_.secured->stream.reset();
  run();
  EXPECT_EQ(server_.reader.bytes, taken);
  EXPECT_TRUE(server_.reader.ended);
}

TEST_P(Tls, AbortIsAReset) {
  make_parties();
  shake();
  stream(client_).abort();
  run();
  EXPECT_TRUE(server_.reader.reset);
  EXPECT_FALSE(server_.reader.ended);
}

TEST_P(Tls, AConnectionThatEndsWithoutSayingSoWasCutOff) {
  make_parties();
  auto [near, far] = MemoryStream::pair(world_.clock, world_.shape);
  auto [relay_a, relay_b] = MemoryStream::pair(world_.clock, world_.shape);
  // The client's bytes reach the server until the middle is cut.
  begin(client_, client_.context->connect(std::move(near), {}, answer(client_)));
  begin(server_, server_.context->accept(std::move(relay_b), {}, answer(server_)));
  ByteStream* a = far.get();
  ByteStream* b = relay_a.get();
  a->on_read([b](ReadEvent, Buffer& data) { b->write(data); });
  b->on_read([a](ReadEvent, Buffer& data) { a->write(data); });
  run();
  ASSERT_TRUE(server_.secured && server_.secured->stream);
  b->shutdown_write();
  run();
  EXPECT_TRUE(server_.reader.reset);
  EXPECT_FALSE(server_.reader.ended);
}

TEST_P(Tls, AStalledReaderStopsTheWriter) {
  make_parties();
  shake();
  stream(server_).on_read({});
  constexpr std::size_t kOffered = 4 << 20;
  Buffer data;
  for (int i = 0; i < 64; ++i) data.append(std::string(kOffered / 64, static_cast<char>('a' + i % 26)));
  std::function<void()> push = [&] {
    stream(client_).write(data);
    if (!data.empty()) stream(client_).on_writable([&] { push(); });
  };
  push();
  run();
  EXPECT_GT(data.size(), kOffered - 400 * 1024);  // no more went than the stream and one batch hold
  server_.reader.read(stream(server_));
  run(30 * kSecond);
  EXPECT_EQ(server_.reader.bytes, kOffered);
  EXPECT_TRUE(data.empty());
}

TEST_P(Tls, ResumesASessionAndKeepsTheIdentity) {
  make_parties();
  const TlsClientOptions options{.server_name = "backend", .session_key = "backend"};
  shake(options);
  say(server_, "with this the ticket has come");
  EXPECT_FALSE(client_.secured->resumed);
  shake(options);
  ASSERT_TRUE(client_.secured && client_.secured->stream);
  EXPECT_TRUE(client_.secured->resumed);
  EXPECT_TRUE(server_.secured->resumed);
  EXPECT_EQ(client_.secured->peer_identity, "spiffe://cluster.local/ns/default/sa/backend");
  EXPECT_EQ(server_.secured->peer_identity, "spiffe://cluster.local/ns/default/sa/frontend");
  EXPECT_EQ(world_.cpu.calls_of(Operation::tls_resumed), 2);
  say(client_, "again");
  EXPECT_EQ(server_.reader.text, "again");
}

TEST_P(Tls, DataRightBehindATicketIsRead) {
  make_parties();
  auto [near, far] = MemoryStream::pair(world_.clock, world_.shape);
  begin(client_, client_.context->connect(std::move(near), {.session_key = "backend"}, answer(client_)));
  begin(server_, server_.context->accept(std::move(far), {.ticket_count = 2}, [this](SecuredStream secured) {
    Buffer greeting("at once");
    secured.stream->write(greeting);
    server_.secured = std::move(secured);
  }));
  // Tickets and data come in one read.
  run();
  ASSERT_TRUE(client_.secured && client_.secured->stream);
  EXPECT_EQ(client_.reader.text, "at once");
  EXPECT_FALSE(client_.reader.reset);
}

TEST_P(Tls, SeveralRecordsInOneReadWithTicketsAmongThem) {
  make_parties();
  world_.shape.buffer = 1 << 20;
  auto [near, far] = MemoryStream::pair(world_.clock, world_.shape);
  auto [left, right] = MemoryStream::pair(world_.clock, world_.shape);
  begin(client_, client_.context->connect(std::move(near), {.session_key = "backend"}, answer(client_)));
  begin(server_, server_.context->accept(std::move(right), {}, answer(server_)));
  ByteStream* a = far.get();
  ByteStream* b = left.get();
  Buffer held;  // all that the server says after its first flight, delivered at once
  int reads = 0;
  a->on_read([b](ReadEvent, Buffer& data) { b->write(data); });
  b->on_read([&, a](ReadEvent, Buffer& data) {
    if (++reads == 1) return a->write(data);
    held.append(std::move(data));
  });
  run();
  ASSERT_TRUE(server_.secured && server_.secured->stream);
  say(server_, "after the ticket");
  a->write(held);
  run();
  EXPECT_EQ(client_.reader.text, "after the ticket");
  EXPECT_FALSE(client_.reader.reset);
}

TEST_P(Tls, ARotatedCredentialForgetsSessions) {
  make_parties();
  const TlsClientOptions options{.session_key = "backend"};
  shake(options);
  say(server_, "x");
  server_.context->update(credential(*authority_, "backend"), trust(*authority_));
  shake(options);
  ASSERT_TRUE(client_.secured && client_.secured->stream);
  EXPECT_FALSE(client_.secured->resumed);
}

TEST_P(Tls, AResumedSessionIsCheckedAnew) {
  make_parties();
  client_.context = context(credential(*authority_, "frontend", kDay), trust(*authority_));
  server_.context = context(credential(*authority_, "backend", 60 * kSecond), trust(*authority_));
  const TlsClientOptions options{.session_key = "backend"};
  shake(options);
  say(server_, "x");
  run(100 * kSecond);  // the server's certificate has run out meanwhile
  shake(options);
  EXPECT_EQ(client_.secured->stream, nullptr);
  EXPECT_EQ(client_.secured->peer_problem, PeerProblem::expired);
}

TEST_P(Tls, WithoutAClientCertificateOnlyWhereNoneIsAsked) {
  make_parties();
  shake({}, {.requires_client = false});
  ASSERT_TRUE(server_.secured && server_.secured->stream) << server_.secured->detail;
  say(client_, "hello");
  EXPECT_EQ(server_.reader.text, "hello");
}

// Whoever refuses, no byte of the application goes either way.
TEST_P(Tls, RefusesWrongPeers) {
  make_parties();
  const auto other = make_authority(2);
  const auto good_client = credential(*authority_, "frontend");
  const auto good_server = credential(*authority_, "backend");
  const auto bundle = trust(*authority_);
  const std::string wanted = "spiffe://cluster.local/ns/default/sa/backend";
  const Meeting rows[] = {
      {"wrong identity",
       good_client,
       credential(*authority_, "thief"),
       bundle,
       bundle,
       {.expected = {wanted}},
       PeerProblem::wrong_identity,
       PeerProblem::none},
      {"another authority's server",
       good_client,
       credential(*other, "backend"),
       bundle,
       bundle,
       {},
       PeerProblem::untrusted,
       PeerProblem::none},
      {"another authority's client",
       credential(*other, "frontend"),
       good_server,
       bundle,
       bundle,
       {},
       PeerProblem::none,
       PeerProblem::untrusted},
      {"expired server",
       good_client,
       credential(*authority_, "backend", -kSecond),
       bundle,
       bundle,
       {},
       PeerProblem::expired,
       PeerProblem::none},
      {"another trust domain",
       good_client,
       credential(*authority_, "backend", kDay, "elsewhere"),
       bundle,
       bundle,
       {},
       PeerProblem::other_trust_domain,
       PeerProblem::none},
  };
  for (const Meeting& row : rows) check_refused(row);
}

TEST_P(Tls, NoProtocolInCommon) {
  make_parties();
  shake({.alpn = {"h2"}}, {.alpn = {"http/1.1"}});
  EXPECT_EQ(server_.secured->error, TlsError::no_protocol);
  EXPECT_EQ(client_.secured->error, TlsError::peer_refused);
}

TEST_P(Tls, WithoutACredentialNothingWorks) {
  make_parties();
  server_.context = context(nullptr, nullptr);
  shake();
  EXPECT_EQ(server_.secured->error, TlsError::bad_certificate);
  EXPECT_EQ(server_.secured->peer_problem, PeerProblem::no_certificate);
  EXPECT_EQ(client_.secured->stream, nullptr);
}

TEST_P(Tls, PlaintextIsNotTls) {
  make_parties();
  for (const bool modelled : {false, true}) {
    auto [near, far] = MemoryStream::pair(world_.clock, world_.shape);
    begin(server_, server_.context->accept(std::move(far), {}, answer(server_)));
    Buffer request;
    if (modelled) {
      request.append_virtual(100);
    } else {
      request.append(std::string_view("GET / HTTP/1.1\r\nhost: a\r\n\r\n"));
    }
    if (modelled && wire() == Wire::modelled) request.append_virtual(1, std::make_unique<Message>());
    near->write(request);
    run();
    ASSERT_TRUE(server_.secured.has_value()) << modelled;
    EXPECT_EQ(server_.secured->error, TlsError::not_tls) << modelled << server_.secured->detail;
    EXPECT_EQ(server_.secured->stream, nullptr);
  }
}

TEST_P(Tls, AClientThatSaysNothingIsGivenUp) {
  make_parties();
  auto [near, far] = MemoryStream::pair(world_.clock, world_.shape);
  Reader seen;
  seen.read(*near);
  begin(server_, server_.context->accept(std::move(far), {.timeout = 3 * kSecond}, answer(server_)));
  run(2 * kSecond);
  EXPECT_FALSE(server_.secured.has_value());
  run(2 * kSecond);
  ASSERT_TRUE(server_.secured.has_value());
  EXPECT_EQ(server_.secured->error, TlsError::timed_out);
  EXPECT_TRUE(seen.reset);
}

TEST_P(Tls, APeerThatDiesInTheMiddle) {
  make_parties();
  auto [near, far] = MemoryStream::pair(world_.clock, world_.shape);
  begin(client_, client_.context->connect(std::move(near), {}, answer(client_)));
  run(1 * kMillisecond);
  far->abort();
  run();
  ASSERT_TRUE(client_.secured.has_value());
  EXPECT_EQ(client_.secured->error, TlsError::lost);
}

TEST_P(Tls, GivingUpLeavesNothing) {
  make_parties();
  auto [near, far] = MemoryStream::pair(world_.clock, world_.shape);
  Reader seen;
  seen.read(*far);
  begin(client_, client_.context->connect(std::move(near), {}, answer(client_)));
  client_.handshake.reset();
  run();
  EXPECT_FALSE(client_.secured.has_value());
  EXPECT_TRUE(seen.ended || seen.reset);
}

// Signs when it is told to, or refuses.
class SlowSigner final : public Signer {
 public:
  struct Asked final : Activity {
    ~Asked() override { *there = false; }
    std::shared_ptr<bool> there = std::make_shared<bool>(true);
  };
  explicit SlowSigner(std::shared_ptr<Signer> real) : real_(std::move(real)) {}
  Handle sign(std::string_view digest, SignatureHandler then) override {
    auto asked = std::make_unique<Asked>();
    last = asked->there;
    ++count;
    digest_ = digest;
    then_ = std::move(then);
    return asked;
  }
  void go_on() {
    signing_ = real_->sign(digest_, [this](std::string signature) { then_(std::move(signature)); });
  }
  void refuse() { then_(""); }

  int count = 0;
  std::shared_ptr<bool> last;

 private:
  std::shared_ptr<Signer> real_;
  std::string digest_;
  SignatureHandler then_;
  Handle signing_;
};

class TlsSigner : public Tls {
 protected:
  // A server whose key lives elsewhere.
  std::shared_ptr<SlowSigner> make_slow_server() {
    client_.context = context(credential(*authority_, "frontend"), trust(*authority_));
    auto kept = std::make_shared<Credential>(*credential(*authority_, "backend"));
    auto slow =
        std::make_shared<SlowSigner>(make_batch_signer(world_.runtime, {.poll_delay = kMillisecond}, kept->key_pem));
    kept->signer = slow;
    kept->key_pem.clear();
    server_.context = context(kept, trust(*authority_));
    return slow;
  }
  std::shared_ptr<const Credential> batched(const std::string& account, const KeyProvider& provider) {
    auto made = std::make_shared<Credential>(*credential(*authority_, account));
    made->signer = make_batch_signer(world_.runtime, provider, made->key_pem);
    made->key_pem.clear();
    return made;
  }
};

TEST_P(TlsSigner, AHandshakeWaitsForItsSignature) {
  const auto slow = make_slow_server();
  shake({}, {});
  EXPECT_EQ(slow->count, 1);
  EXPECT_FALSE(client_.secured || server_.secured);
  slow->go_on();
  run();
  ASSERT_TRUE(client_.secured && client_.secured->stream);
  ASSERT_TRUE(server_.secured && server_.secured->stream);
  say(client_, "hello");
  EXPECT_EQ(server_.reader.text, "hello");
}

TEST_P(TlsSigner, ARefusalFailsTheHandshake) {
  const auto slow = make_slow_server();
  shake({}, {});
  slow->refuse();
  run();
  ASSERT_TRUE(server_.secured.has_value());
  EXPECT_EQ(server_.secured->error, TlsError::own_key);
  ASSERT_TRUE(client_.secured.has_value());
  EXPECT_EQ(client_.secured->stream, nullptr);
}

TEST_P(TlsSigner, AHandshakeThatIsGivenUpAsksForNothingMore) {
  const auto slow = make_slow_server();
  shake({}, {});
  EXPECT_TRUE(*slow->last);
  server_.handshake.reset();
  EXPECT_FALSE(*slow->last);
  run();
  ASSERT_TRUE(client_.secured.has_value());
  EXPECT_EQ(client_.secured->stream, nullptr);
}

TEST_P(TlsSigner, OneThatIsTooSlowIsTimedOut) {
  const auto slow = make_slow_server();
  shake({}, {});
  run(20 * kSecond);
  ASSERT_TRUE(server_.secured.has_value());
  EXPECT_EQ(server_.secured->error, TlsError::timed_out);
}

TEST_P(TlsSigner, ABatchSignsWhenItIsFullOrItsTimeHasCome) {
  const KeyProvider provider{.poll_delay = 50 * kMillisecond, .batch = 4};
  client_.context = context(batched("frontend", provider), trust(*authority_));
  server_.context = context(batched("backend", provider), trust(*authority_));
  shake({}, {});
  ASSERT_TRUE(server_.secured && server_.secured->stream);  // alone: after its delay
  std::vector<Party> clients(8);
  std::vector<Party> servers(8);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    auto [near, far] = MemoryStream::pair(world_.clock, world_.shape);
    begin(clients[i], client_.context->connect(std::move(near), {}, answer(clients[i])));
    begin(servers[i], server_.context->accept(std::move(far), {}, answer(servers[i])));
  }
  run(20 * kMillisecond);
  for (const Party& party : servers) ASSERT_TRUE(party.secured && party.secured->stream);  // full: at once
  for (Party& party : clients) say(party, "x");
  for (Party& party : servers) EXPECT_EQ(party.reader.text, "x");
}

INSTANTIATE_TEST_SUITE_P(Wires, TlsSigner, ::testing::Values(Wire::real, Wire::modelled),
                         [](const auto& info) { return info.param == Wire::real ? "OpenSsl" : "Modelled"; });

TEST_P(Tls, AnyCutOfTheBytesGivesTheSame) {
  make_parties();
  for (const std::size_t most : {1UL, 7UL, 100UL}) {
    world_.shape.read_at_most = most;
    shake({.alpn = {"a"}}, {.alpn = {"a"}});
    ASSERT_TRUE(client_.secured && client_.secured->stream) << most;
    ASSERT_TRUE(server_.secured && server_.secured->stream) << most;
    say(client_, "abcdefghijklmnopqrstuvwxyz");
    EXPECT_EQ(server_.reader.text, "abcdefghijklmnopqrstuvwxyz");
  }
}

TEST_P(Tls, AHelloIsRecognised) {
  make_parties();
  auto [near, far] = MemoryStream::pair(world_.clock, world_.shape);
  std::optional<bool> looks;
  far->on_read([&looks](ReadEvent, Buffer& data) {
    if (!data.empty()) looks = looks_like_tls(data);
  });
  begin(client_, client_.context->connect(std::move(near), {}, answer(client_)));
  run();
  EXPECT_EQ(looks, true);
  EXPECT_EQ(looks_like_tls(Buffer("GET / HTTP/1.1")), false);
  EXPECT_EQ(looks_like_tls(Buffer()), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Wires, Tls, ::testing::Values(Wire::real, Wire::modelled),
                         [](const auto& info) { return info.param == Wire::real ? "openssl" : "modelled"; });

// Bytes on the wire for a full handshake, a resumed one, and a record, real beside modelled.
TEST(TlsSizes, TheModelSendsAsMuch) {
  struct Sizes {
    double full, resumed, record;
  };
  const auto measure = [](Wire wire) {
    MemoryWorld world;
    const SpiffeId id{"cluster.local", "default", "backend"};
    const Time now = world.clock.unix_zero();
    const auto authority =
        wire == Wire::real ? make_x509_authority("cluster.local", now) : make_modelled_authority("cluster.local", 1);
    CertificateRequest request;
    if (wire == Wire::real) request = make_certificate_request(id);
    const IssuedCertificate issued = authority->issue(request.request_pem, id, now, kDay);
    auto own = std::make_shared<Credential>(Credential{issued.facts, issued.chain_pem, request.key_pem});
    auto trust = std::make_shared<TrustBundle>(authority->trust());
    const auto a = make_tls_context(wire, world.runtime, own, trust);
    const auto b = make_tls_context(wire, world.runtime, own, trust);
    const TlsClientOptions options{.server_name = "outbound_.8080_._.backend.default.svc.cluster.local",
                                   .session_key = "k",
                                   .alpn = {"istio-http/1.1", "istio"}};
    const auto round = [&](double* record) {
      const double before = static_cast<double>(world.wire.bytes);
      auto [near, far] = MemoryStream::pair(world.clock, world.shape, &world.wire);
      std::unique_ptr<ByteStream> client, server;
      const Handle one = a->connect(std::move(near), options, [&](SecuredStream s) { client = std::move(s.stream); });
      const Handle two =
          b->accept(std::move(far), {.alpn = {"istio"}}, [&](SecuredStream s) { server = std::move(s.stream); });
      world.clock.run_until(world.clock.now() + kSecond);
      client->on_read([](ReadEvent, Buffer&) {});
      world.clock.run_until(world.clock.now() + kSecond);
      const double shaken = static_cast<double>(world.wire.bytes) - before;
      Buffer data;
      data.append(std::string(40000, 'x'));
      server->on_read([](ReadEvent, Buffer&) {});
      client->write(data);
      world.clock.run_until(world.clock.now() + kSecond);
      *record = static_cast<double>(world.wire.bytes) - before - shaken;
      return shaken;
    };
    Sizes sizes{};
    sizes.full = round(&sizes.record);
    sizes.resumed = round(&sizes.record);
    return sizes;
  };
  const Sizes real = measure(Wire::real), modelled = measure(Wire::modelled);
  EXPECT_NEAR(modelled.full, real.full, real.full * 0.02);
  EXPECT_NEAR(modelled.resumed, real.resumed, real.resumed * 0.02);
  EXPECT_EQ(modelled.record, real.record);
}

}  // namespace
}  // namespace meshtwin
