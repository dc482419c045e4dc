// The client's side of the real codec against answers written by hand, however they are cut.

#include <gtest/gtest.h>

#include "mesh/base/random.h"
#include "tests/unit/support/http_script.h"

namespace meshtwin::testing_world {
namespace {

std::string ask(const std::string& method, const std::string& answer, bool then_end, std::size_t most) {
  MemoryWorld world;
  auto [near, far] = MemoryStream::pair(world.clock, {.read_at_most = most});
  ScriptClient client(world, http1_codec(), std::move(near), {{method, {}, 0, 0}, {"GET", {}, 0, 0}});
  RawPeer server(std::move(far));
  world.clock.run_until(world.clock.now() + kSecond);
  server.send(answer);
  world.clock.run_until(world.clock.now() + kSecond);
  if (then_end) server.shutdown();
  world.clock.run_until(world.clock.now() + kSecond);
  return client.log.text();
}

TEST(Http1Client, Answers) {
  const struct {
    const char* name;
    const char* method;
    std::string answer;
    bool then_end;
    std::string seen;
  } cases[] = {
      {"a length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", false, "200 length=3\ndata 3\nend\n"},
      {"chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", false,
       "200 length=-1\ndata 3\nend\n"},
      {"until the connection ends", "GET", "HTTP/1.1 200 OK\r\n\r\nabcde", true,
       "200 length=-1\ndata 5\nend\nclosed\n"},
      {"to HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false, "200 length=3\nend\n"},
      {"to HEAD without a length", "HEAD", "HTTP/1.1 200 OK\r\n\r\n", false, "200 length=-1\nend\n"},
      {"204", "GET", "HTTP/1.1 204 No Content\r\n\r\n", false, "204 length=0\nend\n"},
      {"304 with the length of another", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", false,
       "304 length=0\nend\n"},
      {"100 before the answer", "GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
       false, "200 length=0\nend\n"},
      {"asks to close", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false,
       "200 length=0\nend\nclosed\n"},
      {"HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false, "200 length=0\nend\nclosed\n"},
      {"101 unasked", "GET", "HTTP/1.1 101 Switching Protocols\r\n\r\n", false, "reset: protocol\nclosed\n"},
      {"no answer", "GET", "", true, "reset: lost unanswered\nclosed\n"},
      {"half a head", "GET", "HTTP/1.1 200", true, "reset: lost\nclosed\n"},
      {"half a body", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", true,
       "200 length=9\ndata 3\nreset: lost\nclosed\n"},
      {"half the chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", true,
       "200 length=-1\ndata 3\nreset: lost\nclosed\n"},
      {"not HTTP", "GET", "SSH-2.0-OpenSSH\r\n", false, "reset: protocol\nclosed\n"},
      {"length and chunks", "GET",
       "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false,
       "reset: protocol\nclosed\n"},
  };
  for (const auto& c : cases) {
    for (const std::size_t most : {0, 1, 3, 10}) {
      EXPECT_EQ(ask(c.method, c.answer, c.then_end, most), c.seen) << c.name << ", cut to " << most;
    }
  }
}

TEST(Http1Client, AnswerNobodyAskedForEndsTheConnection) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  MemoryWorld world;
  auto [near, far] = MemoryStream::pair(world.clock, StreamShape());
  ScriptClient client(world, http1_codec(), std::move(near), {ScriptRequest()});
  RawPeer server(std::move(far));
  server.send(answer + answer);
  world.clock.run_until(kSecond);
  EXPECT_EQ(client.log.text(), "200 length=0\nend\nclosed\n");
}

TEST(Http1Client, EarlyAnswerEndsTheConnection) {
  MemoryWorld world;
  auto [near, far] = MemoryStream::pair(world.clock, {.buffer = 1000});
  ScriptClient client(world, http1_codec(), std::move(near), {{"POST", {}, 100000, 0}});
  far->write(*std::make_unique<Buffer>("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"));
  world.clock.run_until(kSecond);
  EXPECT_EQ(client.log.text(), "413 length=0\nend\n");  // the request has been handed over whole: usable once it is out
}

}  // namespace
}  // namespace meshtwin::testing_world
