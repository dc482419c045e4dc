// The server's side of the real codec against bytes written by hand, however they are cut.

#include <gtest/gtest.h>

#include "mesh/base/random.h"
#include "tests/unit/support/http_script.h"

namespace meshtwin::testing_world {
namespace {

struct Seen {
  std::string engine;
  std::string wire;
  bool ended = false;
};

// How the input is cut: all at once, each byte alone, or at random.
Seen serve(const std::string& input, std::uint64_t cut_seed, std::size_t most) {
  MemoryWorld world;
  auto [near, far] = MemoryStream::pair(world.clock, StreamShape());
  ScriptServer server(world, http1_codec(), std::move(far));
  RawPeer client(std::move(near));
  RandomStream random(cut_seed, "cut");
  for (std::size_t at = 0; at < input.size();) {
    const std::size_t part =
        most == 0 ? input.size() : std::min<std::size_t>(input.size() - at, 1 + random.below(most));
    client.send(input.substr(at, part));
    world.clock.run_until(world.clock.now() + kMillisecond);
    at += part;
  }
  world.clock.run_until(world.clock.now() + 10 * kSecond);
  return {server.log.text(), client.received, client.ended || client.reset};
}

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nx-answer: yes\r\ncontent-length: 0\r\n\r\n";
constexpr const char* kBad = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

std::string get(const std::string& more = "") {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + more + "\r\n";
}
std::string post(const std::string& more) {
  return "POST /p HTTP/1.1\r\nHost: a\r\n" + more;
}

TEST(Http1Server, WellFormed) {
  const struct {
    const char* name;
    std::string input;
    std::string engine;
    std::string wire;
  } cases[] = {
      {"a GET", get(), "GET a / length=0\nend\n", kOk},
      {"names in lower case, values trimmed", get("X-Up: Value \r\n"), "GET a / x-up=Value length=0\nend\n", kOk},
      {"an empty value", get("X-None:\r\nX-Some: 1\r\n"), "GET a / x-none= x-some=1 length=0\nend\n", kOk},
      {"pipelined", get() + get(), "GET a / length=0\nend\nGET a / length=0\nend\n", std::string(kOk) + kOk},
      {"a body", post("Content-Length: 5\r\n\r\nhello"), "POST a /p length=5\ndata 5\nend\n", kOk},
      {"a body, then another request", post("Content-Length: 5\r\n\r\nhello") + get(),
       "POST a /p length=5\ndata 5\nend\nGET a / length=0\nend\n", std::string(kOk) + kOk},
      {"chunks", post("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\n\r\n") + get(),
       "POST a /p length=-1\ndata 8\nend\nGET a / length=0\nend\n", std::string(kOk) + kOk},
      {"trailers", post("Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-T: v \r\nX-U:\r\n\r\n") + get(),
       "POST a /p length=-1\ndata 1\ntrailers x-t=v x-u=\nend\nGET a / length=0\nend\n", std::string(kOk) + kOk},
      {"trailers that would frame or direct are dropped",
       post("Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\nX-T: v\r\nHost: b\r\n\r\n"),
       "POST a /p length=-1\ntrailers x-t=v\nend\n", kOk},
      {"an upgrade offered and not taken", get("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n") + get(),
       "GET a / length=0\nupgrade websocket\nend\nGET a / length=0\nend\n", std::string(kOk) + kOk},
      {"an upgrade that Connection does not name", get("Upgrade: websocket\r\n"), "GET a / length=0\nend\n", kOk},
      {"an upgrade with a body is not passed on",
       post("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nhi"),
       "POST a /p length=2\ndata 2\nend\n", kOk},
      {"Connection: close", get("Connection: close\r\n"), "GET a / length=0\nend\nclosed\n",
       "HTTP/1.1 200 OK\r\nx-answer: yes\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"},
      {"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "GET  / length=0\nend\nclosed\n",
       "HTTP/1.1 200 OK\r\nx-answer: yes\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"},
      {"HTTP/1.0 kept alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET  / length=0\nend\n", kOk},
      {"HTTP/1.0 knows no chunks", "GET / HTTP/1.0\r\nX-Body: 3\r\nX-Piece: 2\r\n\r\n",
       "GET  / x-body=3 x-piece=2 length=0\nend\nclosed\n",
       "HTTP/1.1 200 OK\r\nx-answer: yes\r\nconnection: close\r\n\r\nxxx"},
      {"hop-by-hop fields stay here", get("Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nX-End: 2\r\n"),
       "GET a / x-end=2 length=0\nend\n", kOk},
      {"absolute form", "GET http://b:81/x?y HTTP/1.1\r\nHost: a\r\n\r\n", "GET b:81 /x?y length=0\nend\n", kOk},
      {"an upgrade is not taken up", get("Connection: upgrade\r\nUpgrade: h2c\r\n") + get(),
       "GET a / length=0\nend\nGET a / length=0\nend\n", std::string(kOk) + kOk},
      {"HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\nX-Body: 9\r\n\r\n" + get(),
       "HEAD a / x-body=9 length=0\nend\nGET a / length=0\nend\n",
       std::string("HTTP/1.1 200 OK\r\nx-answer: yes\r\ncontent-length: 9\r\n\r\n") + kOk},
      {"204 has no length", get("X-Status: 204\r\n"), "GET a / x-status=204 length=0\nend\n",
       "HTTP/1.1 204 No Content\r\nx-answer: yes\r\n\r\n"},
  };
  for (const auto& c : cases) {
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      const Seen seen = serve(c.input, seed, seed == 0 ? 0 : seed == 1 ? 1 : 20);
      EXPECT_EQ(seen.engine, c.engine) << c.name << ", cut " << seed;
      EXPECT_EQ(seen.wire, c.wire) << c.name << ", cut " << seed;
    }
  }
}

TEST(Http1Server, Refused) {
  const struct {
    const char* name;
    std::string input;
    const char* status = "400";
  } cases[] = {
      {"length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
      {"chunks and length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")},
      {"two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello")},
      {"one length twice", post("Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello")},
      {"a list of lengths", post("Content-Length: 5, 5\r\n\r\nhello")},
      {"a signed length", post("Content-Length: +5\r\n\r\nhello")},
      {"a negative length", post("Content-Length: -5\r\n\r\nhello")},
      {"a hexadecimal length", post("Content-Length: 0x5\r\n\r\nhello")},
      {"a length that overflows", post("Content-Length: 99999999999999999999\r\n\r\nhello")},
      {"an empty length", post("Content-Length:\r\n\r\n")},
      {"space before the colon", post("Content-Length : 5\r\n\r\nhello")},
      {"space before the colon of a coding", post("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n")},
      {"chunked twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
      {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"a folded coding", post("Transfer-Encoding: chu\r\n nked\r\n\r\n0\r\n\r\n"), "501"},
      {"a bad chunk size", post("Transfer-Encoding: chunked\r\n\r\nxyz\r\n")},
      {"a chunk size that overflows", post("Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n")},
      {"no Host", "GET / HTTP/1.1\r\n\r\n"},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
      {"not HTTP", "\x16\x03\x01\x02\x00 hello\r\n\r\n"},
      {"an unknown method", "FROB / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"HTTP/2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
      {"a NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a" + std::string(1, '\0') + "b\r\n\r\n"},
      {"an unknown coding", post("Transfer-Encoding: gzip\r\n\r\n"), ""},
      {"chunked not last", post("Transfer-Encoding: chunked, gzip\r\n\r\n"), ""},
      {"CONNECT with a body", "CONNECT b:443 HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\n\r\nabc"},
      {"CONNECT to nowhere", "CONNECT / HTTP/1.1\r\nHost: b\r\n\r\n"},
      {"trailers too large",
       post("Transfer-Encoding: chunked\r\n\r\n0\r\nX-Large: " + std::string(70 * 1024, 'a') + "\r\n\r\n"), "431"},
      {"a head too large", get("X-Large: " + std::string(70 * 1024, 'a') + "\r\n"), "431"},
      {"a path too long", "GET /" + std::string(70 * 1024, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", "431"},
      {"too many fields", get([] {
         std::string fields;
         for (int i = 0; i < 101; ++i) fields += "X-" + std::to_string(i) + ": 1\r\n";
         return fields;
       }()),
       "431"},
  };
  for (const auto& c : cases) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      // What follows a refused request is never taken for one.
      const Seen seen = serve(c.input + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", seed,
                              seed == 0               ? 0
                              : c.input.size() > 1000 ? 997
                              : seed == 1             ? 1
                                                      : 20);
      EXPECT_EQ(seen.wire.substr(0, 9 + std::string(c.status).size()), std::string("HTTP/1.1 ") + c.status)
          << c.name << ", cut " << seed << "\n"
          << seen.wire;
      EXPECT_TRUE(seen.wire.size() > 9 && (seen.wire[9] == '4' || seen.wire[9] == '5')) << c.name << "\n" << seen.wire;
      EXPECT_EQ(seen.engine.find("smuggled"), std::string::npos) << c.name << "\n" << seen.engine;
      EXPECT_EQ(seen.engine.find("\nend\n"), std::string::npos) << c.name << "\n" << seen.engine;
      EXPECT_TRUE(seen.ended) << c.name << ", cut " << seed;
    }
  }
}

TEST(Http1Server, A100ContinueGoesOutBeforeTheBodyComes) {
  const Seen seen = serve(post("Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi"), 0, 1);
  EXPECT_EQ(seen.engine, "POST a /p length=2\ndata 2\nend\n");
  EXPECT_EQ(seen.wire, std::string("HTTP/1.1 100 Continue\r\n\r\n") + kOk);
}

TEST(Http1Server, BadChunkAfterTheHeadResetsTheExchange) {
  const Seen seen = serve(post("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n"), 0, 1);
  EXPECT_EQ(seen.engine, "POST a /p length=-1\ndata 3\nreset: protocol\nclosed\n");
  EXPECT_EQ(seen.wire, kBad);
}

TEST(Http1Server, AClientThatLeavesResetsItsExchange) {
  for (const bool abort : {false, true}) {
    MemoryWorld world;
    auto [near, far] = MemoryStream::pair(world.clock, StreamShape());
    ScriptServer server(world, http1_codec(), std::move(far));
    RawPeer client(std::move(near));
    client.send(get("X-Wait: 1\r\n"));
    world.clock.run_until(kSecond);
    abort ? client.abort() : client.shutdown();
    world.clock.run_until(2 * kSecond);
    EXPECT_EQ(server.log.text(), "GET a / x-wait=1 length=0\nend\nreset: lost\nclosed\n") << abort;
  }
}

TEST(Http1Server, PipelinedRequestsWaitWithinBounds) {
  MemoryWorld world;
  auto [near, far] = MemoryStream::pair(world.clock, StreamShape());
  ScriptServer server(world, http1_codec(), std::move(far));
  ServerExchange* waiting = nullptr;
  server.on_request_ended = [&](ServerExchange& exchange) { waiting = &exchange; };
  Buffer flood;
  for (int i = 0; i < 100000; ++i) flood.append(get());
  const std::size_t total = flood.size();
  near->write(flood);
  for (int i = 0; i < 1000; ++i) {
    world.clock.run_until(world.clock.now() + kMillisecond);
    near->write(flood);
  }
  EXPECT_NE(waiting, nullptr);
  EXPECT_LE(total - flood.size(), 3 * 64 * 1024u);  // the rest stays with the client
  EXPECT_EQ(server.log.text(), "GET a / length=0\nend\n");
}

}  // namespace
}  // namespace meshtwin::testing_world
