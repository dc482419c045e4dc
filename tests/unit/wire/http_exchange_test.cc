// What holds for exchanges on every codec, HTTP/1.1 and HTTP/2 on either wire: trailers, tunnels, limits of time.

#include <gtest/gtest.h>

#include "tests/unit/support/http2_script.h"

namespace meshtwin::testing_world {
namespace {

struct Kind {
  const char* name;
  const HttpCodec& codec;
  bool http1;
};

class HttpExchange : public ::testing::TestWithParam<int> {
 protected:
  static Kind kind() {
    switch (GetParam()) {
      case 0:
        return {"http1", real_codecs().http1, true};
      case 1:
        return {"modelled_http1", modelled_codecs().http1, true};
      case 2:
        return {"http2", real_codecs().http2, false};
      default:
        return {"modelled_http2", modelled_codecs().http2, false};
    }
  }
  void start(StreamShape shape = StreamShape(), const HttpLimits& limits = {}) {
    auto [near, far] = MemoryStream::pair(world_.clock, shape);
    server_ = std::make_unique<Http2ScriptServer>(world_, kind().codec, std::move(far), limits);
    client_ = std::make_unique<Http2ScriptClient>(world_, kind().codec, std::move(near));
  }
  void run(Duration time = kSecond) { world_.clock.run_until(world_.clock.now() + time); }
  ServedExchange& served() { return server_->exchanges.back(); }
  void append(Buffer& to, std::uint64_t length) { kind().codec.append_body(to, length); }

  MemoryWorld world_;
  std::unique_ptr<Http2ScriptServer> server_;
  std::unique_ptr<Http2ScriptClient> client_;
};

std::unique_ptr<Headers> some_trailers(const char* value) {
  auto trailers = std::make_unique<Headers>();
  trailers->add("x-sum", value);
  return trailers;
}

TEST_P(HttpExchange, TrailersBothWays) {
  for (const StreamShape shape : {StreamShape(), StreamShape{.buffer = 100, .read_at_most = 3}}) {
    start(shape);
    auto head = make_request("POST", "backend:8080", "/");
    head->content_length = kUnknownLength;
    Buffer body;
    append(body, 500);
    AskedExchange& asked = client_->ask(std::move(head), std::move(body), false);
    asked.sender->send_trailers(some_trailers("a"));
    run();
    ASSERT_EQ(server_->exchanges.size(), 1u);
    EXPECT_EQ(served().received, 500u);
    EXPECT_EQ(served().trailers, "trailers x-sum=a");
    Buffer answer;
    append(answer, 300);
    served().sender->send_head(answer_head(200, kUnknownLength), answer, false);
    served().sender->send_trailers(some_trailers("b"));
    run();
    EXPECT_EQ(asked.received, 300u);
    EXPECT_EQ(asked.trailers, "trailers x-sum=b");
    EXPECT_EQ(client_->connection->room() > 0, true);  // and goes on
    AskedExchange& again = client_->get();
    run();
    Buffer nothing;
    served().sender->send_head(answer_head(204), nothing, true);
    run();
    EXPECT_TRUE(again.ended);
  }
}

TEST_P(HttpExchange, TrailersWaitForAReceiverThatPauses) {
  start();
  auto head = make_request("POST", "backend:8080", "/");
  head->content_length = kUnknownLength;
  server_->when_begun = [](ServedExchange& e) {
    e.when_data = [](ServedExchange& exchange) { exchange.sender->pause(); };
  };
  Buffer body;
  append(body, 50);
  AskedExchange& asked = client_->ask(std::move(head), std::move(body), false);
  run();
  asked.sender->send_trailers(some_trailers("a"));
  run();
  EXPECT_EQ(served().trailers, "");
  served().sender->resume();
  run();
  EXPECT_EQ(served().trailers, "trailers x-sum=a");
}

TEST_P(HttpExchange, AConnectThatIsTakenIsATunnel) {
  for (const bool client_ends_first : {true, false}) {
    start({.buffer = 5000, .read_at_most = 700});
    AskedExchange& asked = client_->ask(make_request("CONNECT", "db:5432", ""), {}, false);
    run();
    ASSERT_EQ(server_->exchanges.size(), 1u);
    EXPECT_EQ(served().head->authority(), "db:5432");
    EXPECT_FALSE(served().ended);
    Buffer data;
    append(data, 1000);
    served().sender->send_head(answer_head(200, kUnknownLength), data, false);
    run();
    EXPECT_EQ(asked.received, 1000u);
    append(data, 20000);
    asked.sender->send_data(data, false);
    run();
    EXPECT_EQ(served().received, 20000u);
    Buffer last;
    append(last, 10);
    if (client_ends_first) {
      asked.sender->send_data(last, true);
      run();
      EXPECT_TRUE(served().ended);
      EXPECT_EQ(served().received, 20010u);
      append(data, 30000);  // the other half goes on
      served().sender->send_data(data, false);
      run();
      EXPECT_EQ(asked.received, 31000u);
      served().sender->send_data(last, true);
      run();
    } else {
      served().sender->send_data(last, true);
      run();
      EXPECT_TRUE(asked.ended);
      append(data, 5);
      asked.sender->send_data(data, true);
      run();
      EXPECT_EQ(served().received, 20005u);
    }
    EXPECT_TRUE(asked.ended && served().ended);
    EXPECT_EQ(asked.reset + served().reset, "");
    run(5 * kSecond);
    EXPECT_EQ(server_->closed, kind().http1);
    EXPECT_EQ(client_->closed, kind().http1);
  }
}

TEST_P(HttpExchange, AConnectThatIsRefusedIsAnAnswer) {
  start();
  AskedExchange& asked = client_->ask(make_request("CONNECT", "db:5432", ""), {}, false);
  run();
  Buffer body;
  append(body, 30);
  served().sender->send_head(answer_head(403, 30), body, true);
  run();
  EXPECT_EQ(asked.head->status, 403);
  EXPECT_EQ(asked.received, 30u);
  EXPECT_TRUE(asked.ended);
  AskedExchange& again = client_->get();
  run();
  Buffer nothing;
  served().sender->send_head(answer_head(200), nothing, true);
  run();
  EXPECT_EQ(again.head->status, 200);
}

TEST_P(HttpExchange, ATunnelThatIsResetIsResetForBoth) {
  start();
  AskedExchange& asked = client_->ask(make_request("CONNECT", "db:5432", ""), {}, false);
  run();
  Buffer nothing;
  served().sender->send_head(answer_head(200, kUnknownLength), nothing, false);
  run();
  asked.sender->reset();
  run();
  EXPECT_NE(served().reset, "");
}

TEST_P(HttpExchange, AnUpgradeIsATunnelOnHttp1AndAnOrdinaryRequestOnHttp2) {
  start();
  auto head = make_request("GET", "backend:8080", "/chat");
  head->set_upgrade("websocket");
  AskedExchange& asked = client_->ask(std::move(head), {}, false);
  run();
  ASSERT_EQ(server_->exchanges.size(), 1u);
  Buffer nothing;
  if (!kind().http1) {
    EXPECT_TRUE(served().ended);
    served().sender->send_head(answer_head(200), nothing, true);
    run();
    EXPECT_TRUE(asked.ended);
    return;
  }
  EXPECT_EQ(served().head->upgrade(), "websocket");
  EXPECT_FALSE(served().ended);
  auto answer = answer_head(101);
  answer->set_upgrade("websocket");
  served().sender->send_head(std::move(answer), nothing, false);
  run();
  EXPECT_EQ(asked.head->status, 101);
  EXPECT_EQ(asked.head->upgrade(), "websocket");
  Buffer data;
  append(data, 77);
  asked.sender->send_data(data, true);
  append(data, 88);
  served().sender->send_data(data, true);
  run(5 * kSecond);
  EXPECT_EQ(served().received, 77u);
  EXPECT_EQ(asked.received, 88u);
  EXPECT_TRUE(asked.ended && served().ended && server_->closed && client_->closed);
}

TEST_P(HttpExchange, AnUpgradeThatIsDeclinedKeepsTheConnection) {
  start();
  auto head = make_request("GET", "backend:8080", "/chat");
  head->set_upgrade("websocket");
  AskedExchange& asked = client_->ask(std::move(head), {}, false);
  run();
  Buffer body;
  append(body, 9);
  served().sender->send_head(answer_head(200, 9), body, true);
  run();
  EXPECT_EQ(asked.received, 9u);
  client_->get();
  run();
  EXPECT_EQ(server_->exchanges.size(), 2u);
  EXPECT_FALSE(server_->closed || client_->closed);
}

TEST_P(HttpExchange, AnExchangeOnWhichNobodySpeaksIsAnswered408) {
  start({}, {.stream_idle = 10 * kSecond});
  AskedExchange& asked = client_->get();
  run(9 * kSecond);
  EXPECT_EQ(served().reset, "");
  run(10 * kSecond);
  EXPECT_EQ(served().reset, "reset: idle");
  ASSERT_NE(asked.head, nullptr);
  EXPECT_EQ(asked.head->status, 408);
}

TEST_P(HttpExchange, OneThatWasBegunToBeAnsweredIsReset) {
  start({}, {.stream_idle = 10 * kSecond});
  AskedExchange& asked = client_->get();
  run();
  Buffer some;
  append(some, 5);
  served().sender->send_head(answer_head(200, 10), some, false);
  run(5 * kSecond);
  append(some, 1);
  served().sender->send_data(some, false);
  run(9 * kSecond);
  EXPECT_EQ(asked.reset, "");  // what is said begins the time anew
  run(10 * kSecond);
  EXPECT_EQ(served().reset, "reset: idle");
  EXPECT_NE(asked.reset, "");
}

TEST_P(HttpExchange, AConnectionWithoutExchangesIsClosedAfterItsTime) {
  start({}, {.connection_idle = 100 * kSecond});
  AskedExchange& asked = client_->get();
  run();
  Buffer nothing;
  served().sender->send_head(answer_head(200), nothing, true);
  run(90 * kSecond);
  EXPECT_TRUE(asked.ended);
  EXPECT_FALSE(server_->closed);
  run(110 * kSecond);
  EXPECT_TRUE(server_->closed);
  EXPECT_TRUE(client_->closed);
}

TEST_P(HttpExchange, WithoutLimitsNothingIsGivenUp) {
  start({}, {.request_head = 0, .stream_idle = 0, .connection_idle = 0});
  client_->get();
  run(100000 * kSecond);
  EXPECT_EQ(served().reset, "");
  EXPECT_FALSE(server_->closed);
}

std::string name_of_kind(const ::testing::TestParamInfo<int>& info) {
  static const std::array<const char*, 4> kNames = {"http1", "modelled_http1", "http2", "modelled_http2"};
  return kNames[static_cast<std::size_t>(info.param)];
}
INSTANTIATE_TEST_SUITE_P(Codecs, HttpExchange, ::testing::Range(0, 4), name_of_kind);

// A client that sends a head byte by byte, each well before any idle limit.
TEST(Slowloris, IsAnswered408AndTheConnectionEnds) {
  for (const bool detects : {true, false}) {
    MemoryWorld world;
    auto [near, far] = MemoryStream::pair(world.clock, StreamShape());
    ScriptServer server(world, detects ? real_codecs().detect : real_codecs().http1, std::move(far),
                        {.request_head = 20 * kSecond});
    RawPeer client(std::move(near));
    client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ");
    int sent = 0;
    while (!client.ended && !client.reset && sent < 100) {
      client.send("x");
      world.clock.run_until(world.clock.now() + kSecond);
      ++sent;
    }
    EXPECT_LE(sent, 42);
    EXPECT_GE(sent, 19);
    EXPECT_EQ(client.received.substr(0, 12), "HTTP/1.1 408");
    world.clock.run_until(world.clock.now() + 5 * kSecond);
    EXPECT_EQ(server.log.text(), "closed\n");
  }
}

TEST(Slowloris, AHttp2HeadThatNeverEndsEndsTheConnection) {
  MemoryWorld world;
  auto [near, far] = MemoryStream::pair(world.clock, StreamShape());
  ScriptServer server(world, real_codecs().http2, std::move(far), {.request_head = 20 * kSecond});
  RawPeer client(std::move(near));
  client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  client.send(std::string("\0\0\0\4\0\0\0\0\0", 9));
  client.send(std::string("\0\0\1\1\0\0\0\0\1\x82", 10));  // HEADERS without END_HEADERS
  for (int i = 0; i < 60 && !client.ended; ++i) {
    world.clock.run_until(world.clock.now() + kSecond);
  }
  EXPECT_TRUE(client.ended);
  world.clock.run_until(world.clock.now() + 5 * kSecond);
  EXPECT_EQ(server.log.text(), "closed\n");
}

// A client that asks for much and reads nothing.
TEST(SlowReader, IsGivenUp) {
  MemoryWorld world;
  auto [near, far] = MemoryStream::pair(world.clock, {.buffer = 1000});
  ScriptServer server(world, real_codecs().http1, std::move(far), {.stream_idle = 10 * kSecond});
  Buffer request;
  request.append(std::string("GET / HTTP/1.1\r\nHost: a\r\nX-Body: 100000\r\n\r\n"));
  near->write(request);
  world.clock.run_until(60 * kSecond);
  EXPECT_TRUE(server.closed);
}

}  // namespace
}  // namespace meshtwin::testing_world
