// Texts served over HTTP, to a client that writes its request by hand.

#include "mesh/wire/page_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/support/memory_world.h"

namespace meshtwin::testing_world {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr SocketAddress kAt{0x0a010001, 15090};

class PageServerTest : public ::testing::Test {
 protected:
  std::string ask(const std::string& request) {
    std::string answer;
    std::unique_ptr<ByteStream> client;
    const Handle dial = world.pod(0x0a010002).dial(kAt, {}, [&](std::unique_ptr<ByteStream> stream, DialError) {
      client = std::move(stream);
      client->on_read([&answer](ReadEvent event, Buffer& data) {
        if (event == ReadEvent::data) answer += data.to_string();
      });
      Buffer asked(request);
      client->write(asked);
    });
    world.clock.run_until(world.clock.now() + kSecond);
    return answer;
  }

  MemoryWorld world;
  PageServer server{world.runtime, real_codecs().detect, "text/x"};
  int made = 0;
};

TEST_F(PageServerTest, APageIsMadeAnewForEachRequest) {
  server.add("/stats", [this] { return "page " + std::to_string(++made) + "\n"; });
  ASSERT_TRUE(server.listen(world.pod(kAt.ip), {0, kAt.port}));
  const std::string first = ask("GET /stats?filter=x HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(first, HasSubstr("content-type: text/x\r\n"));
  EXPECT_THAT(first, HasSubstr("content-length: 7\r\n"));
  EXPECT_THAT(first, EndsWith("\r\n\r\npage 1\n"));
  EXPECT_THAT(ask("GET /stats HTTP/1.1\r\nHost: x\r\n\r\n"), EndsWith("page 2\n"));
}

TEST_F(PageServerTest, OtherPathsAndMethods) {
  server.add("/stats", [] { return "page"; });
  ASSERT_TRUE(server.listen(world.pod(kAt.ip), {0, kAt.port}));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(ask("POST /stats HTTP/1.1\r\nHost: x\r\ncontent-length: 3\r\n\r\nabc"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(ask("HEAD /stats HTTP/1.1\r\nHost: x\r\n\r\n"), EndsWith("\r\n\r\n"));
  EXPECT_FALSE(server.listen(world.pod(kAt.ip), {0, kAt.port}));
}

}  // namespace
}  // namespace meshtwin::testing_world
