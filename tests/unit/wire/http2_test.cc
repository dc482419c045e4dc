// HTTP/2 as the engine sees it, on both wires: the same events from bytes and from message objects.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/support/http2_script.h"

namespace meshtwin::testing_world {
namespace {

class Http2Test : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override { connect({}); }
  void connect(StreamShape shape) {
    auto [near, far] = MemoryStream::pair(world.clock, shape, &world.wire);
    server = std::make_unique<Http2ScriptServer>(world, codec(), std::move(far));
    client = std::make_unique<Http2ScriptClient>(world, codec(), std::move(near));
  }
  const HttpCodec& codec() const { return GetParam() ? real_codecs().http2 : modelled_codecs().http2; }
  Buffer body(std::uint64_t length) const {
    Buffer made;
    codec().append_body(made, length);
    return made;
  }
  void run(Duration time = kSecond) { world.clock.run_until(world.clock.now() + time); }
  void answer(ServedExchange& exchange, std::uint16_t status = 200, std::uint64_t length = 0) {
    Buffer data = body(length);
    exchange.sender->send_head(answer_head(status, static_cast<std::int64_t>(length)), data, true);
  }
  void answer_all(std::uint64_t length = 0) {
    server->when_ended = [this, length](ServedExchange& exchange) { answer(exchange, 200, length); };
  }
  std::size_t count_ended() const {
    return static_cast<std::size_t>(std::ranges::count_if(client->exchanges, [](const auto& e) { return e.ended; }));
  }

  MemoryWorld world;
  std::unique_ptr<Http2ScriptServer> server;
  std::unique_ptr<Http2ScriptClient> client;
};

TEST_P(Http2Test, OneRequestAndItsAnswer) {
  answer_all(1000);
  auto head = make_request("POST", "backend:8080", "/path?q=1");
  head->headers.add("x-one", "1");
  head->content_length = 10;
  AskedExchange& asked = client->ask(std::move(head), body(10));
  run();
  ASSERT_EQ(server->exchanges.size(), 1u);
  const ServedExchange& served = server->exchanges[0];
  EXPECT_EQ(served.head->method(), "POST");
  EXPECT_EQ(served.head->path(), "/path?q=1");
  EXPECT_EQ(served.head->authority(), "backend:8080");
  EXPECT_EQ(served.text(), " x-one=1 length=10 data 10 end ");
  EXPECT_EQ(asked.head->status, 200);
  EXPECT_EQ(asked.text(), " length=1000 data 1000 end ");
  EXPECT_EQ(client->connection->room(), 100u);
  EXPECT_GE(client->available, 1u);
}

TEST_P(Http2Test, ManyAtOnceAndNoMoreThanTheServerAllows) {
  std::uint32_t begun = 0;
  for (; client->connection->room() > 0; ++begun) client->get("/" + std::to_string(begun));
  EXPECT_EQ(begun, 100u);
  run();
  ASSERT_EQ(server->exchanges.size(), 100u);
  EXPECT_EQ(server->exchanges[99].head->path(), "/99");
  for (std::size_t i = 100; i-- > 0;) answer(server->exchanges[i], 200, 20000);
  run();
  EXPECT_EQ(count_ended(), 100u);
  EXPECT_EQ(client->connection->room(), 100u);
}

TEST_P(Http2Test, WhatIsSaidInOneTurnIsOneWrite) {
  run();
  const std::uint64_t before = world.wire.writes;
  for (int i = 0; i < 10; ++i) client->get();
  run();
  EXPECT_EQ(world.wire.writes - before, 1u);
  for (ServedExchange& exchange : server->exchanges) answer(exchange, 200, 100);
  run();
  EXPECT_EQ(world.wire.writes - before, 2u);
  EXPECT_EQ(count_ended(), 10u);
}

TEST_P(Http2Test, AStalledReaderHoldsOneWindowAndNobodyElse) {
  AskedExchange& stalled = client->get("/stalled");
  stalled.sender->pause();
  run();
  constexpr std::uint64_t kAll = 5'000'000;
  std::uint64_t left = kAll;
  const auto fill = [&](ServedExchange& exchange) {
    while (left > 0 && !exchange.sender->blocked()) {
      Buffer data = body(10000);
      left -= 10000;
      exchange.sender->send_data(data, left == 0);
    }
  };
  ServedExchange& source = server->exchanges[0];
  source.when_room = fill;
  Buffer nothing;
  source.sender->send_head(answer_head(200, kUnknownLength), nothing, false);
  fill(source);
  run(10 * kSecond);
  EXPECT_EQ(stalled.received, 0u);
  EXPECT_GT(left, kAll - 500'000) << "taken from the sender though nobody reads";
  answer_all(100'000);
  AskedExchange& other = client->get("/other");
  run();
  EXPECT_EQ(other.received, 100'000u);
  stalled.sender->resume();
  run(100 * kSecond);
  EXPECT_EQ(stalled.received, kAll);
  EXPECT_TRUE(stalled.ended);
  EXPECT_GT(source.rooms, 10u);
}

TEST_P(Http2Test, UploadsArePausedByTheServer) {
  server->when_begun = [](ServedExchange& exchange) {
    exchange.when_data = [](ServedExchange& e) { e.sender->pause(); };
  };
  auto head = make_request("PUT", "a", "/");
  head->content_length = 3'000'000;
  client->ask(std::move(head), body(3'000'000));
  run(10 * kSecond);
  EXPECT_LE(server->exchanges[0].received, 256u * 1024u);
  answer_all(5);
  server->exchanges[0].when_ended = server->when_ended;
  server->exchanges[0].when_data = {};
  server->exchanges[0].sender->resume();
  run(10 * kSecond);
  EXPECT_EQ(server->exchanges[0].received, 3'000'000u);
  EXPECT_EQ(client->exchanges[0].received, 5u);
}

TEST_P(Http2Test, TrailersBothWays) {
  server->when_ended = [](ServedExchange& exchange) {
    Buffer data("x");
    data.clear();
    auto head = answer_head(200, kUnknownLength);
    exchange.sender->send_head(std::move(head), data, false);
    auto trailers = std::make_unique<Headers>();
    trailers->add("grpc-status", "0");
    exchange.sender->send_trailers(std::move(trailers));
  };
  auto head = make_request("POST", "a", "/");
  head->headers.add("te", "trailers");
  head->headers.add("connection", "close");
  head->content_length = kUnknownLength;
  AskedExchange& asked = client->ask(std::move(head), body(10), false);
  auto trailers = std::make_unique<Headers>();
  trailers->add("x-sum", "abc");
  asked.sender->send_trailers(std::move(trailers));
  run();
  EXPECT_EQ(server->exchanges[0].text(), " te=trailers length=-1 data 10 end trailers x-sum=abc");
  EXPECT_EQ(asked.text(), " length=-1 data 0 end trailers grpc-status=0");
}

TEST_P(Http2Test, HeadHasALengthAndNoBody) {
  answer_all(1234);
  AskedExchange& asked = client->ask(make_request("HEAD", "a", "/"));
  run();
  EXPECT_EQ(asked.text(), " length=1234 data 0 end ");
}

TEST_P(Http2Test, ResetsAreOfOneExchange) {
  AskedExchange& first = client->get();
  AskedExchange& second = client->get();
  AskedExchange& third = client->get();
  run();
  first.sender->reset();
  server->exchanges[1].sender->reset();
  run();
  EXPECT_EQ(server->exchanges[0].reset, "reset: cancelled");
  EXPECT_EQ(second.reset, "reset: cancelled");
  EXPECT_EQ(first.reset, "");
  answer(server->exchanges[2]);
  run();
  EXPECT_TRUE(third.ended);
  EXPECT_EQ(client->connection->room(), 100u);
}

TEST_P(Http2Test, AnAnswerBeforeTheRequestEndsEndsBoth) {
  auto head = make_request("POST", "a", "/");
  head->content_length = kUnknownLength;
  AskedExchange& asked = client->ask(std::move(head), body(10), false);
  run();
  answer(server->exchanges[0], 413, 7);
  run();
  EXPECT_EQ(asked.text(), " length=7 data 7 end ");
  EXPECT_EQ(asked.reset, "");
  EXPECT_EQ(client->connection->room(), 100u);
  answer_all();
  client->get();
  run();
  EXPECT_EQ(count_ended(), 2u);
}

TEST_P(Http2Test, ALostConnectionTellsEachWhetherItWasAnswered) {
  AskedExchange& unanswered = client->get();
  AskedExchange& begun = client->get();
  run();
  Buffer nothing;
  server->exchanges[1].sender->send_head(answer_head(200, kUnknownLength), nothing, false);
  run();
  server->connection = nullptr;
  run();
  EXPECT_EQ(unanswered.reset, "reset: lost unanswered");
  EXPECT_EQ(begun.reset, "reset: lost");
  EXPECT_TRUE(client->closed);
}

TEST_P(Http2Test, AClientThatIsGoneEndsItsExchangesAtTheServer) {
  client->get();
  run();
  client->connection = nullptr;
  run();
  EXPECT_EQ(server->exchanges[0].reset, "reset: lost");
  EXPECT_TRUE(server->closed);
}

TEST_P(Http2Test, AServerThatDrainsFinishesWhatIsUnderWay) {
  AskedExchange& first = client->get();
  AskedExchange& second = client->get();
  run();
  auto head = answer_head(200);
  head->close = true;
  Buffer nothing;
  server->exchanges[0].sender->send_head(std::move(head), nothing, true);
  run(100 * kMillisecond);
  EXPECT_TRUE(first.ended);
  EXPECT_EQ(client->connection->room(), 0u);
  answer(server->exchanges[1], 200, 50'000);
  run();
  EXPECT_EQ(second.received, 50'000u);
  EXPECT_TRUE(client->closed);
  run(3 * kSecond);
  EXPECT_TRUE(server->closed);
}

TEST_P(Http2Test, WhatCrossesAGoawayIsRefused) {
  client->get();
  run();
  auto head = answer_head(200);
  head->close = true;
  Buffer nothing;
  server->exchanges[0].sender->send_head(std::move(head), nothing, true);
  world.clock.run_until(world.clock.now() + 50 * kMicrosecond);  // GOAWAY is under way
  AskedExchange& late = client->get();
  run();
  EXPECT_EQ(late.reset, "reset: refused");
  EXPECT_EQ(server->exchanges.size(), 1u);
}

TEST_P(Http2Test, AnAcceptedConnectIsATunnel) {
  AskedExchange& asked = client->ask(make_request("CONNECT", "10.0.0.1:80", ""), {}, false);
  run();
  ServedExchange& served = server->exchanges[0];
  EXPECT_EQ(served.head->authority(), "10.0.0.1:80");
  EXPECT_FALSE(served.ended);
  Buffer nothing;
  served.sender->send_head(answer_head(200), nothing, false);
  Buffer data = body(100'000);
  served.sender->send_data(data, true);
  run();
  EXPECT_EQ(asked.received, 100'000u);
  EXPECT_TRUE(asked.ended);
  EXPECT_EQ(served.reset + asked.reset, "");
  Buffer up = body(70'000);
  asked.sender->send_data(up, true);
  run();
  EXPECT_EQ(served.received, 70'000u);
  EXPECT_TRUE(served.ended);
  EXPECT_EQ(client->connection->room(), 100u);
}

TEST_P(Http2Test, ARefusedConnectIsAnAnswer) {
  AskedExchange& asked = client->ask(make_request("CONNECT", "10.0.0.1:80", ""), {}, false);
  run();
  answer(server->exchanges[0], 401, 0);
  run();
  EXPECT_EQ(asked.head->status, 401);
  EXPECT_TRUE(asked.ended);
  EXPECT_EQ(client->connection->room(), 100u);
}

TEST_P(Http2Test, TooManyFieldsAre431) {
  auto head = make_request("GET", "a", "/");
  for (int i = 0; i < 101; ++i) head->headers.add("x-" + std::to_string(i), "v");
  AskedExchange& asked = client->ask(std::move(head));
  run();
  ASSERT_NE(asked.head, nullptr);
  EXPECT_EQ(asked.head->status, 431);
  EXPECT_TRUE(server->exchanges.empty());
  answer_all();
  client->get();
  run();
  EXPECT_EQ(count_ended(), 2u);
}

TEST_P(Http2Test, AConnectionMayBeDestroyedInAnyCallback) {
  for (int where = 0; where < 4; ++where) {
    connect({});
    auto& c = *client;
    AskedExchange& asked = c.get();
    c.get();
    run();
    const auto destroy = [&c](AskedExchange&) { c.connection = nullptr; };
    if (where == 0) asked.when_data = destroy;
    if (where == 1) asked.when_ended = destroy;
    server->when_begun = {};
    Buffer part = body(10);
    server->exchanges[0].sender->send_head(answer_head(200, kUnknownLength), part, false);
    run(kMillisecond);
    if (where == 2) {
      server->connection = nullptr;
    } else if (server->exchanges[0].reset.empty()) {
      Buffer rest = body(10);
      server->exchanges[0].sender->send_data(rest, true);
    }
    run();
    EXPECT_EQ(c.connection == nullptr, where < 3) << where;
  }
}

TEST_P(Http2Test, RapidResetsEndTheConnection) {
  int rounds = 0;
  for (; rounds < 100 && !client->closed; ++rounds) {
    while (client->connection->room() > 0) client->get().sender->reset();
    run(kMillisecond);
    while (client->connection != nullptr && client->connection->room() > 0) {
      AskedExchange& asked = client->get();
      run(kMillisecond);
      if (client->closed) break;
      if (asked.reset.empty()) asked.sender->reset();
      if (client->exchanges.size() > 5000) break;
    }
    if (client->exchanges.size() > 5000) break;
  }
  EXPECT_LT(client->exchanges.size(), 2500u);
  EXPECT_TRUE(client->closed);
}

TEST_P(Http2Test, AServerDetectsTheVersion) {
  const HttpCodecs& codecs = GetParam() ? real_codecs() : modelled_codecs();
  for (const HttpVersion version : {HttpVersion::http1, HttpVersion::http2}) {
    for (const std::size_t most : {0u, 1u, 3u}) {
      auto [near, far] = MemoryStream::pair(world.clock, {.read_at_most = most});
      Http2ScriptServer detecting(world, codecs.detect, std::move(far));
      Http2ScriptClient asking(world, codecs.of(version), std::move(near));
      detecting.when_ended = [this](ServedExchange& exchange) { answer(exchange, 200, 10); };
      AskedExchange& asked = asking.get("/" + std::to_string(most));
      run();
      EXPECT_EQ(asked.text(), " length=10 data 10 end ") << most;
      ASSERT_EQ(detecting.exchanges.size(), 1u);
      EXPECT_EQ(detecting.exchanges[0].head->path(), "/" + std::to_string(most));
      asking.connection = nullptr;
      run(3 * kSecond);
      EXPECT_TRUE(detecting.closed);
    }
  }
}

TEST_P(Http2Test, PiecesOfAnySizeGiveTheSame) {
  for (const std::size_t most : {1u, 7u, 100u}) {
    connect({.latency = kMicrosecond, .buffer = 1000, .read_at_most = most});
    answer_all(30'000);
    auto head = make_request("POST", "backend:8080", "/");
    head->content_length = 20'000;
    AskedExchange& asked = client->ask(std::move(head), body(20'000));
    run(100 * kSecond);
    EXPECT_EQ(server->exchanges[0].text(), " length=20000 data 20000 end ") << most;
    EXPECT_EQ(asked.text(), " length=30000 data 30000 end ") << most;
  }
}

INSTANTIATE_TEST_SUITE_P(Wires, Http2Test, ::testing::Bool(),
                         [](const auto& p) { return p.param ? std::string("Real") : std::string("Modelled"); });

}  // namespace
}  // namespace meshtwin::testing_world
