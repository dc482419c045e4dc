// Both codecs carry the same exchanges with the same events, the same number of bytes, and the same charges. HTTP/2's
// bytes hang on how HPACK's Huffman code likes the values, of which the model knows the mean only: they are nearly the
// same.

#include <gtest/gtest.h>

#include "mesh/base/random.h"
#include "tests/unit/support/http_script.h"

namespace meshtwin::testing_world {
namespace {

struct Outcome {
  std::string server;
  std::string client;
  std::uint64_t bytes = 0;
  std::array<std::int64_t, kOperationCount> amounts{};
  std::int64_t parses = 0;
  std::int64_t serialisations = 0;
};

Outcome run(const HttpCodec& codec, const std::vector<ScriptRequest>& requests, StreamShape shape) {
  MemoryWorld world;
  auto [near, far] = MemoryStream::pair(world.clock, shape, &world.wire);
  ScriptServer server(world, codec, std::move(far));
  ScriptClient client(world, codec, std::move(near), requests);
  world.clock.run_until(1000 * kSecond);
  Outcome outcome;
  outcome.server = server.log.text();
  outcome.client = client.log.text();
  outcome.bytes = world.wire.bytes;
  outcome.amounts = world.cpu.amounts;
  outcome.parses = world.cpu.calls_of(Operation::http_parse);
  outcome.serialisations = world.cpu.calls_of(Operation::http_serialize);
  return outcome;
}

void expect_same(const std::vector<ScriptRequest>& requests, StreamShape shape, const std::string& what) {
  const Outcome real = run(http1_codec(), requests, shape);
  const Outcome modelled = run(modelled_codec(), requests, shape);
  EXPECT_EQ(real.server, modelled.server) << what;
  EXPECT_EQ(real.client, modelled.client) << what;
  EXPECT_EQ(real.bytes, modelled.bytes) << what;
  EXPECT_EQ(real.amounts, modelled.amounts) << what;
  EXPECT_EQ(real.parses, modelled.parses) << what;
  EXPECT_EQ(real.serialisations, modelled.serialisations) << what;
  EXPECT_EQ(real.parses, static_cast<std::int64_t>(2 * requests.size())) << what << "\n" << real.client;
  // What is written is read: on a connection between our own ends every head is charged the same on both sides.
  EXPECT_EQ(real.amounts[static_cast<std::size_t>(Operation::http_parse)],
            real.amounts[static_cast<std::size_t>(Operation::http_serialize)])
      << what;
}

TEST(CodecParity, EachKindOfMessage) {
  const struct {
    const char* name;
    ScriptRequest request;
  } cases[] = {
      {"empty GET", {}},
      {"GET with a body in the answer", {"GET", {{"x-body", "1000"}}, 0, 0}},
      {"chunked answer", {"GET", {{"x-body", "1000"}, {"x-piece", "300"}}, 0, 0}},
      {"trailers", {"GET", {{"x-body", "1000"}, {"x-piece", "300"}, {"x-grpc-status", "12"}}, 0, 0}},
      {"chunked answer of nothing", {"GET", {{"x-body", "0"}, {"x-piece", "300"}}, 0, 0}},
      {"POST with a length", {"POST", {}, 70000, 0}},
      {"POST of nothing", {"POST", {}, 0, 0}},
      {"POST in chunks", {"POST", {}, 70000, 4096}},
      {"HEAD with a length", {"HEAD", {{"x-body", "1000"}}, 0, 0}},
      {"HEAD of chunks", {"HEAD", {{"x-body", "1000"}, {"x-piece", "300"}}, 0, 0}},
      {"204", {"GET", {{"x-status", "204"}}, 0, 0}},
      {"304", {"GET", {{"x-status", "304"}}, 0, 0}},
      {"503 with a body", {"GET", {{"x-status", "503"}, {"x-body", "19"}}, 0, 0}},
      {"large both ways", {"PUT", {{"x-body", "300000"}, {"x-piece", "9999"}}, 300000, 7777}},
      {"a long header", {"GET", {{"x-long", std::string(5000, 'v')}}, 0, 0}},
  };
  for (const auto& c : cases) {
    // Twice, so that the connection is seen to be usable after it.
    expect_same({c.request, {}}, StreamShape(), c.name);
    expect_same({c.request, {}}, {.latency = kMicrosecond, .buffer = 1000, .read_at_most = 7}, c.name);
  }
}

TEST(CodecParity, RandomSequences) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    RandomStream random(seed, "sequence");
    std::vector<ScriptRequest> requests;
    static const char* const kMethods[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};
    static const char* const kStatuses[] = {"200", "201", "204", "304", "404", "500", "503"};
    for (std::uint64_t i = 1 + random.below(12); i > 0; --i) {
      ScriptRequest request;
      request.method = kMethods[random.below(5)];
      request.headers.push_back({"x-status", kStatuses[random.below(7)]});
      request.headers.push_back({"x-body", std::to_string(random.below(4) == 0 ? 0 : random.below(5000))});
      if (random.chance(0.4)) request.headers.push_back({"x-piece", std::to_string(1 + random.below(700))});
      for (std::uint64_t h = random.below(12); h > 0; --h) {
        request.headers.push_back({"x-h" + std::to_string(h), std::string(random.below(100), 'a')});
      }
      if (request.method == "POST" || request.method == "PUT") request.body = random.below(5000);
      if (random.chance(0.3)) request.piece = 1 + random.below(900);
      requests.push_back(std::move(request));
    }
    const StreamShape shape{.latency = kMicrosecond,
                            .buffer = 1 + random.below(3000),
                            .read_at_most = static_cast<std::size_t>(random.below(3) * random.below(500))};
    expect_same(requests, shape, "seed " + std::to_string(seed));
  }
}

std::vector<ScriptRequest> usual_requests(std::size_t count) {
  std::vector<ScriptRequest> requests;
  for (std::size_t i = 0; i < count; ++i) {
    ScriptRequest request;
    request.method = i % 3 == 0 ? "POST" : "GET";
    request.headers = {{"user-agent", "curl/7.88.1"},
                       {"x-request-id", "3f2504e0-4f89-41d3-9a0c-0305e82c33" + std::to_string(10 + i)},
                       {"x-body", std::to_string(100 * i)}};
    if (i % 3 == 0) request.body = 50 * i;
    if (i % 4 == 1) request.headers.push_back({"x-piece", "77"});
    if (i % 4 == 1) request.headers.push_back({"x-grpc-status", "0"});
    requests.push_back(std::move(request));
  }
  return requests;
}

TEST(CodecParity, Http2GivesTheSameEventsChargesAndNearlyTheSameBytes) {
  for (const std::size_t count : {1UL, 10UL, 60UL}) {
    for (const StreamShape shape :
         {StreamShape(), StreamShape{.latency = kMicrosecond, .buffer = 3000, .read_at_most = 50}}) {
      const Outcome real = run(real_codecs().http2, usual_requests(count), shape);
      const Outcome modelled = run(modelled_codecs().http2, usual_requests(count), shape);
      if (shape.read_at_most == 0) {  // otherwise exchanges at the same time mix differently
        EXPECT_EQ(real.server, modelled.server) << count;
        EXPECT_EQ(real.client, modelled.client) << count;
      }
      for (const Operation operation : {Operation::http2_head, Operation::http2_data}) {
        const auto place = static_cast<std::size_t>(operation);
        EXPECT_EQ(real.amounts[place], modelled.amounts[place]) << count << " " << name_of(operation);
      }
      EXPECT_NEAR(static_cast<double>(modelled.bytes), static_cast<double>(real.bytes),
                  0.03 * static_cast<double>(real.bytes))
          << count;
    }
  }
}

}  // namespace
}  // namespace meshtwin::testing_world
