// One suite for TLS by OpenSSL and for the model of it: both sides over memory streams in virtual time.

#include "tests/unit/support/tls_fixture.h"

namespace meshtwin::testing_tls {
namespace {

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
}  // namespace meshtwin::testing_tls
