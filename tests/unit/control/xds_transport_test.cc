#include "mesh/control/xds_transport.h"

#include <gtest/gtest.h>

#include "mesh/control/xds_codec.h"
#include "tests/unit/support/memory_world.h"

namespace meshtwin {
namespace {

using testing_world::MemoryStream;
using testing_world::StreamShape;
using testing_world::VirtualClock;

// A transport that receives requests, what it received, and the raw other end of its stream.
struct Receiver {
  explicit Receiver(StreamShape shape = {}) {
    auto [near, far] = MemoryStream::pair(clock, shape);
    other = std::move(far);
    transport = make(std::move(near), XdsTransport::Receives::requests, false);
  }
  std::unique_ptr<XdsTransport> make(std::unique_ptr<ByteStream> stream, XdsTransport::Receives receives,
                                     bool modelled) {
    XdsTransport::Handlers handlers;
    handlers.on_message = [this](XdsMessage message) { messages.push_back(std::move(message)); };
    handlers.on_broken = [this](const std::string& reason) {
      broken = reason;
      transport = nullptr;
    };
    handlers.on_drained = [this] { ++drained; };
    return std::make_unique<XdsTransport>(std::move(stream), receives, modelled, std::move(handlers));
  }
  void send_raw(std::string_view bytes) {
    Buffer buffer(bytes);
    other->write(buffer);
    clock.run_until(clock.now() + kSecond);
  }

  VirtualClock clock;
  std::unique_ptr<ByteStream> other;
  std::unique_ptr<XdsTransport> transport;
  std::vector<XdsMessage> messages;
  std::string broken;
  int drained = 0;
};

XdsTransport modelled_sender(Receiver& to) {
  XdsTransport::Handlers handlers;
  handlers.on_broken = [](const std::string&) {};
  return {std::move(to.other), XdsTransport::Receives::responses, true, std::move(handlers)};
}

std::string framed(const std::string& message) {
  return std::string("\0\0\0", 3) + static_cast<char>(message.size() >> 8) + static_cast<char>(message.size()) +
         message;
}

DeltaRequest request_named(const std::string& nonce) {
  DeltaRequest request;
  request.type_url = kXdsTypeUrls[0];
  request.nonce = nonce;
  return request;
}

TEST(XdsTransport, TakesFramesHoweverTheyAreCut) {
  const std::string bytes = framed(encode(request_named("1"))) + framed("") + framed(encode(request_named("2")));
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    Receiver r;
    for (std::size_t at = 0; at < bytes.size(); at += piece) r.send_raw(std::string_view(bytes).substr(at, piece));
    ASSERT_EQ(r.messages.size(), 3U) << "in pieces of " << piece << ": " << r.broken;
    EXPECT_EQ(std::get<DeltaRequest>(r.messages[0]).nonce, "1");
    EXPECT_TRUE(std::holds_alternative<Keepalive>(r.messages[1]));
    EXPECT_EQ(std::get<DeltaRequest>(r.messages[2]).nonce, "2");
  }
}

TEST(XdsTransport, BreaksOffOnWhatItCannotTake) {
  struct {
    const char* what;
    std::string bytes;
    std::string reason;
  } const rows[] = {
      {"a compressed frame", std::string("\1\0\0\0\0", 5), "a compressed or malformed frame"},
      {"a frame beyond the limit", std::string("\0\1\0\0\1", 5), "a message of 16777217 bytes"},
      {"nonsense in a frame", framed("\xff\xff"), "not a DeltaDiscoveryRequest"},
  };
  for (const auto& row : rows) {
    Receiver r;
    r.send_raw(framed("") + row.bytes + framed(""));
    EXPECT_EQ(r.broken, row.reason) << row.what;
    EXPECT_EQ(r.messages.size(), 1U) << row.what << ": nothing follows the break";
  }
}

TEST(XdsTransport, TellsHowTheStreamEnded) {
  Receiver ended;
  ended.other->shutdown_write();
  ended.clock.run_until(kSecond);
  EXPECT_EQ(ended.broken, "ended by the other side");
  Receiver reset;
  reset.other->abort();
  reset.clock.run_until(kSecond);
  EXPECT_EQ(reset.broken, "reset");
}

TEST(XdsTransport, ModelledMessagesArriveWholeWhateverTheBuffer) {
  for (const std::size_t buffer : {std::size_t{1}, std::size_t{7}, std::size_t{100000}}) {
    StreamShape shape;
    shape.buffer = buffer;
    shape.latency = kMicrosecond;
    Receiver r(shape);
    XdsTransport sender = modelled_sender(r);
    sender.send(request_named("1"));
    sender.send(Keepalive{});
    sender.send(request_named("2"));
    r.clock.run_until(kSecond);
    ASSERT_EQ(r.messages.size(), 3U) << buffer;
    EXPECT_EQ(std::get<DeltaRequest>(r.messages[2]).nonce, "2");
    EXPECT_TRUE(sender.drained());
  }
}

TEST(XdsTransport, RefusesAMessageForTheOtherSide) {
  Receiver r;
  XdsTransport sender = modelled_sender(r);
  sender.send(DeltaResponse{});
  r.clock.run_until(kSecond);
  EXPECT_EQ(r.broken, "a message for the other side");
}

TEST(XdsTransport, SaysOnceWhenABacklogHasLeft) {
  StreamShape shape;
  shape.buffer = 50;
  Receiver r(shape);
  r.transport->send(Keepalive{});
  r.clock.run_until(kSecond);
  EXPECT_EQ(r.drained, 0) << "there was never a backlog";
  r.transport->send(request_named("1"));
  r.transport->send(request_named("2"));
  EXPECT_FALSE(r.transport->drained());
  std::size_t read = 0;
  r.other->on_read([&read](ReadEvent, Buffer& data) { read += data.size(); });
  r.clock.run_until(2 * kSecond);
  EXPECT_TRUE(r.transport->drained());
  EXPECT_EQ(r.drained, 1);
  EXPECT_EQ(read, 5 + 2 * framed(encode(request_named("1"))).size());
}

}  // namespace
}  // namespace meshtwin
