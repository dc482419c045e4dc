// Tunnels over mutual TLS and HTTP/2, on both wires: what a byte stream promises holds through them.

#include "mesh/wire/hbone.h"

#include <gtest/gtest.h>

#include <deque>
#include <list>

#include "tests/unit/support/credentials.h"
#include "tests/unit/support/http2_script.h"

namespace meshtwin::testing_world {
namespace {

constexpr SocketAddress kProxy{0x0a000002, kHbonePort};

struct Tunnelled {
  std::unique_ptr<ByteStream> stream;
  std::size_t received = 0;
  bool ended = false;
  bool reset = false;
  std::size_t stop_at = SIZE_MAX;

  void read() {
    stream->on_read([this](ReadEvent event, Buffer& data) {
      received += data.size();
      if (event == ReadEvent::end) ended = true;
      if (event == ReadEvent::reset) reset = true;
      if (received >= stop_at) stream->on_read({});
    });
  }
};

// Accepts connections to 15008, secures them, and does what a test says with each tunnel.
class ZtunnelEnd final : public HboneHandler {
 public:
  ZtunnelEnd(MemoryWorld& world, const HttpCodec& http2, std::unique_ptr<TlsContext> tls)
      : world_(world), http2_(http2), tls_(std::move(tls)) {
    listening_ = world.pod(kProxy.ip).listen({0, kProxy.port}, [this](AcceptedStream accepted) {
      ++accepted_;
      TlsServerOptions options;
      options.alpn = {"h2"};
      handshakes_.push_back(tls_->accept(std::move(accepted.stream), options, [this](SecuredStream secured) {
        if (secured.stream == nullptr) return;
        connections.push_back(
            serve_hbone(world_.runtime, std::move(secured.stream), secured.peer_identity, http2_, *this));
      }));
    });
  }
  void on_tunnel(std::unique_ptr<TunnelOffer> offer) override {
    authorities.emplace_back(offer->request().authority());
    peers.push_back(offer->peer_identity());
    if (holds) {
      offers.push_back(std::move(offer));
    } else if (refuses != 0) {
      offer->refuse(refuses);
    } else {
      tunnels.emplace_back().stream = offer->accept();
      tunnels.back().read();
    }
  }
  void on_closed() override { ++closed; }
  int accepted() const { return accepted_; }

  std::uint16_t refuses = 0;
  bool holds = false;
  int closed = 0;
  std::vector<std::string> authorities;
  std::vector<std::string> peers;
  std::vector<std::unique_ptr<TunnelOffer>> offers;
  std::deque<Tunnelled> tunnels;
  std::vector<std::unique_ptr<HboneConnection>> connections;

 private:
  MemoryWorld& world_;
  const HttpCodec& http2_;
  std::unique_ptr<TlsContext> tls_;
  std::vector<Handle> handshakes_;
  Handle listening_;
  int accepted_ = 0;
};

struct Asked {
  Handle handle;
  std::optional<OpenedTunnel> answer;
  Tunnelled tunnel;
};

class Hbone : public ::testing::TestWithParam<Wire> {
 protected:
  const HttpCodecs& codecs() const { return GetParam() == Wire::real ? real_codecs() : modelled_codecs(); }
  void serve() { server = std::make_unique<ZtunnelEnd>(world, codecs().http2, identities.context("backend")); }
  Asked& open(const std::string& authority = "10.0.0.9:80", const std::string& expected = "backend") {
    TunnelRequest request;
    request.proxy = kProxy;
    request.expected = {TestIdentities::name_of(expected)};
    request.authority = authority;
    request.headers = {{"baggage", "k8s.namespace.name=default"}};
    Asked& asked = all.emplace_back();
    asked.handle = pool->open(std::move(request), [&asked](OpenedTunnel opened) {
      asked.tunnel.stream = std::move(opened.stream);
      asked.answer = std::move(opened);
      if (asked.tunnel.stream != nullptr) asked.tunnel.read();
    });
    return asked;
  }
  void send(ByteStream& stream, std::uint64_t length) {
    Buffer data;
    codecs().http2.append_body(data, length);
    push(stream, std::move(data));
  }
  void push(ByteStream& stream, Buffer data) {
    stream.write(data);
    if (data.empty()) return;
    stream.on_writable(
        [this, &stream, rest = std::make_shared<Buffer>(std::move(data))] { push(stream, std::move(*rest)); });
  }
  void run(Duration time = kSecond) { world.clock.run_until(world.clock.now() + time); }

  MemoryWorld world;
  TestIdentities identities{world, GetParam()};
  std::unique_ptr<TlsContext> tls = identities.context("frontend");
  std::unique_ptr<HbonePool> pool = make_hbone_pool(world.runtime, world.pod(0x0a000001), codecs().http2, *tls);
  std::unique_ptr<ZtunnelEnd> server;
  std::list<Asked> all;
};

TEST_P(Hbone, ATunnelCarriesBytesAndHalfCloses) {
  serve();
  Asked& asked = open();
  run();
  ASSERT_TRUE(asked.answer.has_value());
  ASSERT_EQ(asked.answer->error, TunnelError::none) << asked.answer->detail;
  EXPECT_EQ(asked.answer->peer_identity, TestIdentities::name_of("backend"));
  EXPECT_EQ(server->peers, std::vector{TestIdentities::name_of("frontend")});
  EXPECT_EQ(server->authorities, std::vector<std::string>{"10.0.0.9:80"});
  send(*asked.tunnel.stream, 300'000);
  asked.tunnel.stream->on_writable([] {});
  run(10 * kSecond);
  Tunnelled& served = server->tunnels[0];
  EXPECT_EQ(served.received, 64u * 1024u) << "what one write takes";
  Asked& other = open();
  run();
  send(*other.tunnel.stream, 1'000'000);
  run(10 * kSecond);
  other.tunnel.stream->shutdown_write();
  run();
  EXPECT_EQ(server->tunnels[1].received, 1'000'000u);
  EXPECT_TRUE(server->tunnels[1].ended);
  EXPECT_FALSE(other.tunnel.ended);
  send(*server->tunnels[1].stream, 500'000);
  run(10 * kSecond);
  server->tunnels[1].stream->shutdown_write();
  run();
  EXPECT_EQ(other.tunnel.received, 500'000u);
  EXPECT_TRUE(other.tunnel.ended);
  EXPECT_FALSE(other.tunnel.reset || server->tunnels[1].reset);
  EXPECT_EQ(server->accepted(), 1);
}

TEST_P(Hbone, WhoAsksTogetherSharesAConnectionUpToAHundred) {
  serve();
  for (int i = 0; i < 150; ++i) open();
  run();
  EXPECT_EQ(pool->connections(), 2u);
  EXPECT_EQ(server->accepted(), 2);
  EXPECT_EQ(server->tunnels.size(), 150u);
  for (const Asked& asked : all) EXPECT_NE(asked.tunnel.stream, nullptr);
}

TEST_P(Hbone, AStalledReaderStopsItsWriterAndNobodyElse) {
  serve();
  Asked& stalled = open();
  run();
  stalled.tunnel.stream->on_read({});
  Tunnelled& source = server->tunnels[0];
  std::uint64_t written = 0;
  std::function<void()> fill = [&] {
    for (;;) {
      Buffer data;
      codecs().http2.append_body(data, 10'000);
      source.stream->write(data);
      written += 10'000 - data.size();
      if (!data.empty()) break;
    }
    source.stream->on_writable([&] { fill(); });
  };
  fill();
  run(10 * kSecond);
  EXPECT_LT(written, 500'000u);
  Asked& other = open();
  run();
  send(*server->tunnels[1].stream, 200'000);
  run();
  EXPECT_EQ(other.tunnel.received, 200'000u);
}

TEST_P(Hbone, ARefusalSaysItsStatus) {
  serve();
  for (const std::uint16_t status : {401, 503}) {
    server->refuses = status;
    Asked& asked = open();
    run();
    EXPECT_EQ(asked.answer->error, TunnelError::refused);
    EXPECT_EQ(asked.answer->status, status);
  }
  EXPECT_EQ(server->accepted(), 1);
}

TEST_P(Hbone, AnOfferMayBeAnsweredLaterAndForgottenIs503) {
  serve();
  server->holds = true;
  Asked& later = open();
  Asked& forgotten = open();
  run();
  EXPECT_FALSE(later.answer.has_value());
  server->tunnels.emplace_back().stream = server->offers[0]->accept();
  server->tunnels.back().read();
  server->offers.clear();
  run();
  EXPECT_EQ(later.answer->error, TunnelError::none);
  EXPECT_EQ(forgotten.answer->status, 503);
  send(*later.tunnel.stream, 10);
  run();
  EXPECT_EQ(server->tunnels[0].received, 10u);
}

TEST_P(Hbone, ResetsAreOfOneTunnel) {
  serve();
  Asked& first = open();
  Asked& second = open();
  Asked& third = open();
  run();
  first.tunnel.stream->abort();
  server->tunnels[1].stream->abort();
  run();
  EXPECT_TRUE(server->tunnels[0].reset);
  EXPECT_TRUE(second.tunnel.reset);
  EXPECT_FALSE(third.tunnel.reset || server->tunnels[2].reset);
}

TEST_P(Hbone, AClosedStreamStillDeliversAndEndsOrResets) {
  serve();
  Asked& asked = open();
  run();
  send(*asked.tunnel.stream, 50'000);
  asked.tunnel.stream = nullptr;
  run();
  EXPECT_EQ(server->tunnels[0].received, 50'000u);
  EXPECT_TRUE(server->tunnels[0].ended);
  send(*server->tunnels[0].stream, 100);
  run();
  EXPECT_TRUE(server->tunnels[0].reset);
}

TEST_P(Hbone, OtherIdentityOrNobodyThere) {
  world.pod(kProxy.ip);
  Asked& nobody = open();
  run();
  EXPECT_EQ(nobody.answer->error, TunnelError::dial_failed);
  EXPECT_EQ(nobody.answer->dial_error, DialError::refused);
  serve();
  Asked& wrong = open("10.0.0.9:80", "somebody-else");
  Asked& right = open();
  run();
  EXPECT_EQ(wrong.answer->error, TunnelError::tls_failed);
  EXPECT_EQ(right.answer->error, TunnelError::none);
  EXPECT_EQ(server->authorities.size(), 1u) << "nothing was asked of the wrong one";
}

TEST_P(Hbone, TheConnectionsEndIsEveryTunnels) {
  serve();
  Asked& asked = open();
  Asked& other = open();
  run();
  server->connections.clear();
  run();
  EXPECT_TRUE(asked.tunnel.reset && other.tunnel.reset);
  EXPECT_TRUE(server->tunnels[0].reset);
  EXPECT_EQ(pool->connections(), 0u);
  Asked& again = open();
  run();
  EXPECT_EQ(again.answer->error, TunnelError::none);
}

TEST_P(Hbone, ThePoolsEndResetsItsTunnels) {
  serve();
  Asked& asked = open();
  run();
  open();
  pool = nullptr;
  run();
  EXPECT_TRUE(asked.tunnel.reset);
  EXPECT_FALSE(all.back().answer.has_value());
  EXPECT_TRUE(server->tunnels[0].reset);
}

TEST_P(Hbone, IdleConnectionsGoAfterFiveMinutes) {
  serve();
  Asked& asked = open();
  run(400 * kSecond);
  EXPECT_EQ(pool->connections(), 1u) << "in use";
  asked.tunnel.stream->abort();
  run(299 * kSecond);
  EXPECT_EQ(pool->connections(), 1u);
  run(2 * kSecond);
  EXPECT_EQ(pool->connections(), 0u);
}

TEST_P(Hbone, WhoGivesUpHearsNothing) {
  serve();
  Asked& early = open();
  early.handle = nullptr;
  run();
  EXPECT_FALSE(early.answer.has_value());
  server->holds = true;
  Asked& asked = open();
  run();
  asked.handle = nullptr;
  run();
  EXPECT_EQ(server->offers.size(), 1u);
  server->tunnels.emplace_back().stream = server->offers[0]->accept();
  server->tunnels.back().read();
  run();
  EXPECT_TRUE(server->tunnels.back().reset);
  EXPECT_FALSE(asked.answer.has_value());
}

INSTANTIATE_TEST_SUITE_P(Wires, Hbone, ::testing::Values(Wire::real, Wire::modelled), [](const auto& p) {
  return p.param == Wire::real ? std::string("Real") : std::string("Modelled");
});

}  // namespace
}  // namespace meshtwin::testing_world
