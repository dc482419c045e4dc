#pragma once

// What a Network and its byte streams must do in every world, written once. A world instantiates it with a type W that
// has
//
//   Network& client(); Network& server();   two pods, without capture
//   std::uint32_t server_ip();
//   Network& captured();                    a third pod, with capture; its own listener stands for the proxy
//   std::uint32_t captured_ip();
//   bool accelerated();                     whether what is written goes round TCP
//   bool captures();                        whether this world can capture here
//   bool run_until(const std::function<bool()>& condition);  false when it does not come true in 20 s of the world's
//   time void run_for(Duration); void cut_server(); bool can_cut();      what reaches the server's pod is lost from now
//   on
//
//   INSTANTIATE_TYPED_TEST_SUITE_P(Name, ByteStreamSuite, W);

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mesh/runtime/network.h"

namespace meshtwin::twin {

// One end of a connection with everything that has come out of it.
struct Peer {
  std::unique_ptr<ByteStream> stream;
  std::string received;
  std::vector<ReadEvent> events;  // other than data
  bool ended() const { return !events.empty() && events.front() == ReadEvent::end; }
  bool was_reset() const { return !events.empty() && events.back() == ReadEvent::reset; }

  void read() {
    stream->on_read([this](ReadEvent event, Buffer& data) {
      if (event == ReadEvent::data) {
        received += data.to_string();
      } else {
        events.push_back(event);
      }
    });
  }
  void pause() { stream->on_read(nullptr); }
  void write(std::string_view text) {
    Buffer data(text);
    stream->write(data);
    EXPECT_TRUE(data.empty()) << "a small write was not taken whole";
  }
};

// Writes as fast as the stream takes it.
class Pump {
 public:
  Pump(ByteStream& stream, Buffer data, bool end) : stream_(stream), left_(std::move(data)), end_(end) { push(); }
  std::size_t left() const { return left_.size(); }

 private:
  void push() {
    stream_.write(left_);
    if (!left_.empty()) return stream_.on_writable([this] { push(); });
    if (end_) stream_.shutdown_write();
  }

  ByteStream& stream_;
  Buffer left_;
  bool end_;
};

inline std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 131 + i / 251) % 26);
  return text;
}

template <typename W>
class ByteStreamSuite : public ::testing::Test {
 protected:
  static constexpr std::uint16_t kPort = 18080;

  // Listens at the server and dials it; both ends are open afterwards.
  void connect() {
    listener_ = world_.server().listen({0, kPort}, [this](AcceptedStream accepted) {
      server_.stream = std::move(accepted.stream);
      original_ = accepted.original_destination;
    });
    ASSERT_NE(listener_, nullptr);
    dial({world_.server_ip(), kPort});
    ASSERT_TRUE(world_.run_until([this] { return client_.stream && server_.stream; })) << "no connection";
  }
  void dial(SocketAddress to, DialOptions options = {}, Network* from = nullptr) {
    dial_ = (from == nullptr ? world_.client() : *from)
                .dial(to, options, [this](std::unique_ptr<ByteStream> stream, DialError error) {
                  client_.stream = std::move(stream);
                  dial_error_ = error;
                });
  }

  W world_;
  Peer client_;
  Peer server_;
  Handle listener_;
  Handle dial_;
  SocketAddress original_;
  std::optional<DialError> dial_error_;
};

TYPED_TEST_SUITE_P(ByteStreamSuite);

TYPED_TEST_P(ByteStreamSuite, BytesGoBothWays) {
  this->connect();
  this->client_.read();
  this->server_.read();
  this->client_.write("question");
  ASSERT_TRUE(this->world_.run_until([&] { return this->server_.received == "question"; })) << this->server_.received;
  this->server_.write("answer");
  ASSERT_TRUE(this->world_.run_until([&] { return this->client_.received == "answer"; })) << this->client_.received;
}

TYPED_TEST_P(ByteStreamSuite, HalfCloseLeavesTheOtherDirectionOpen) {
  this->connect();
  this->client_.read();
  this->server_.read();
  this->client_.write("last words");
  this->client_.stream->shutdown_write();
  ASSERT_TRUE(this->world_.run_until([&] { return this->server_.ended(); }));
  EXPECT_EQ(this->server_.received, "last words");
  this->server_.write("still here");
  ASSERT_TRUE(this->world_.run_until([&] { return this->client_.received == "still here"; }));
  EXPECT_TRUE(this->client_.events.empty());
  this->server_.stream->shutdown_write();
  ASSERT_TRUE(this->world_.run_until([&] { return this->client_.ended(); }));
}

TYPED_TEST_P(ByteStreamSuite, AbortResetsThePeer) {
  this->connect();
  this->client_.read();
  this->server_.read();
  this->client_.stream->abort();
  ASSERT_TRUE(this->world_.run_until([&] { return this->server_.was_reset(); }));
  EXPECT_TRUE(this->client_.events.empty()) << "who aborts is told nothing";
  Buffer late("into the void");
  this->server_.stream->write(late);
  EXPECT_TRUE(late.empty()) << "a connection that is gone takes and discards everything";
}

TYPED_TEST_P(ByteStreamSuite, DestroyingDeliversWhatWasWrittenThenEnds) {
  this->connect();
  this->server_.read();
  const std::string text = pattern(100'000);
  this->client_.write(text);
  this->client_.stream.reset();
  ASSERT_TRUE(this->world_.run_until([&] { return !this->server_.events.empty(); }));
  EXPECT_TRUE(this->server_.received == text) << this->server_.received.size() << " bytes of " << text.size();
  EXPECT_TRUE(this->server_.ended());
}

// Linux counts what came round TCP as read.
TYPED_TEST_P(ByteStreamSuite, ClosingWithUnreadBytesResetsUnlessTheyCameRoundTcp) {
  this->connect();
  this->client_.read();
  this->client_.write("never read");
  this->world_.run_for(200 * kMillisecond);
  this->server_.stream.reset();
  ASSERT_TRUE(this->world_.run_until([&] { return !this->client_.events.empty(); }));
  EXPECT_EQ(this->client_.was_reset(), !this->world_.accelerated());
}

TYPED_TEST_P(ByteStreamSuite, WritingToAClosedPeerIsReset) {
  this->connect();
  this->client_.read();
  this->server_.stream.reset();
  ASSERT_TRUE(this->world_.run_until([&] { return this->client_.ended(); }));
  this->client_.write("anybody there?");
  ASSERT_TRUE(this->world_.run_until([&] { return this->client_.was_reset(); }));
}

TYPED_TEST_P(ByteStreamSuite, LargeTransferKeepsContentAndOrder) {
  this->connect();
  this->server_.read();
  const std::string text = pattern(5'000'000);
  Pump pump(*this->client_.stream, Buffer(text), true);
  ASSERT_TRUE(this->world_.run_until([&] { return this->server_.ended(); }))
      << this->server_.received.size() << " bytes of " << text.size();
  EXPECT_TRUE(this->server_.received == text);
}

TYPED_TEST_P(ByteStreamSuite, AStalledReaderBoundsTheWriter) {
  this->connect();
  const std::size_t size = 24'000'000;
  Pump pump(*this->client_.stream, Buffer(std::string(size, 'x')), true);
  this->world_.run_for(kSecond);
  const std::size_t taken = size - pump.left();
  EXPECT_GT(taken, 100'000u);
  EXPECT_LT(taken, 16'000'000u) << "the writer was not held back";
  this->world_.run_for(kSecond);
  EXPECT_EQ(size - pump.left(), taken) << "more was taken although nobody read";
  this->server_.read();
  ASSERT_TRUE(this->world_.run_until([&] { return this->server_.ended(); }));
  EXPECT_EQ(this->server_.received.size(), size);
}

TYPED_TEST_P(ByteStreamSuite, PausedReaderGetsNothingUntilItReadsAgain) {
  this->connect();
  this->server_.read();
  this->client_.write("one");
  ASSERT_TRUE(this->world_.run_until([&] { return this->server_.received == "one"; }));
  this->server_.pause();
  this->client_.write("two");
  this->world_.run_for(200 * kMillisecond);
  EXPECT_EQ(this->server_.received, "one");
  this->server_.read();
  EXPECT_EQ(this->server_.received, "one") << "a callback came from inside on_read";
  ASSERT_TRUE(this->world_.run_until([&] { return this->server_.received == "onetwo"; }));
}

TYPED_TEST_P(ByteStreamSuite, AStreamMayDieInItsOwnReader) {
  this->connect();
  int calls = 0;
  this->server_.stream->on_read([&](ReadEvent, Buffer&) {
    ++calls;
    this->server_.stream.reset();
  });
  this->client_.read();
  this->client_.write("first");
  ASSERT_TRUE(this->world_.run_until([&] { return calls == 1; }));
  ASSERT_TRUE(this->world_.run_until([&] { return this->client_.ended(); }));
  this->client_.write("second");
  ASSERT_TRUE(this->world_.run_until([&] { return this->client_.was_reset(); }));
  EXPECT_EQ(calls, 1);
}

TYPED_TEST_P(ByteStreamSuite, AStreamMayDieInItsOnWritable) {
  this->connect();
  Buffer much(std::string(24'000'000, 'x'));
  this->client_.stream->write(much);
  ASSERT_FALSE(much.empty());
  bool called = false;
  this->client_.stream->on_writable([&] {
    called = true;
    this->client_.stream.reset();
  });
  this->server_.read();
  ASSERT_TRUE(this->world_.run_until([&] { return called && this->server_.ended(); }));
}

TYPED_TEST_P(ByteStreamSuite, NobodyListeningIsRefused) {
  this->dial({this->world_.server_ip(), 19999});
  ASSERT_FALSE(this->dial_error_.has_value()) << "the answer came from inside dial";
  ASSERT_TRUE(this->world_.run_until([&] { return this->dial_error_.has_value(); }));
  EXPECT_EQ(*this->dial_error_, DialError::refused);
  EXPECT_EQ(this->client_.stream, nullptr);
}

TYPED_TEST_P(ByteStreamSuite, ADialIntoABlackHoleTimesOut) {
  if (!this->world_.can_cut()) GTEST_SKIP() << "this world cannot cut a pod off here";
  this->world_.cut_server();
  this->dial({this->world_.server_ip(), this->kPort}, {300 * kMillisecond, false});
  ASSERT_TRUE(this->world_.run_until([&] { return this->dial_error_.has_value(); }));
  EXPECT_EQ(*this->dial_error_, DialError::timed_out);
}

TYPED_TEST_P(ByteStreamSuite, AGivenUpDialAnswersNothing) {
  this->listener_ = this->world_.server().listen({0, this->kPort}, [&](AcceptedStream) {});
  this->dial({this->world_.server_ip(), this->kPort});
  this->dial_.reset();
  this->world_.run_for(200 * kMillisecond);
  EXPECT_FALSE(this->dial_error_.has_value());
}

TYPED_TEST_P(ByteStreamSuite, AnAddressIsListenedOnOnce) {
  Handle first = this->world_.server().listen({0, this->kPort}, [](AcceptedStream) {});
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(this->world_.server().listen({0, this->kPort}, [](AcceptedStream) {}), nullptr);
  first.reset();
  EXPECT_NE(this->world_.server().listen({0, this->kPort}, [](AcceptedStream) {}), nullptr);
}

TYPED_TEST_P(ByteStreamSuite, AClosedListenerRefusesAndLeavesItsStreams) {
  this->connect();
  this->server_.read();
  this->listener_.reset();
  this->client_.write("still open");
  ASSERT_TRUE(this->world_.run_until([&] { return this->server_.received == "still open"; }));
  Peer first = std::move(this->client_);
  this->dial_error_.reset();
  this->dial({this->world_.server_ip(), this->kPort});
  ASSERT_TRUE(this->world_.run_until([&] { return this->dial_error_.has_value(); }));
  EXPECT_EQ(*this->dial_error_, DialError::refused);
}

TYPED_TEST_P(ByteStreamSuite, LoopbackReachesThePodsOwnListener) {
  this->listener_ = this->world_.client().listen({kLoopback, this->kPort}, [this](AcceptedStream accepted) {
    this->server_.stream = std::move(accepted.stream);
    EXPECT_EQ(accepted.peer.ip, kLoopback);
  });
  this->dial({kLoopback, this->kPort});
  ASSERT_TRUE(this->world_.run_until([&] { return this->client_.stream && this->server_.stream; }));
}

TYPED_TEST_P(ByteStreamSuite, CaptureKeepsTheOriginalDestination) {
  if (!this->world_.captures()) GTEST_SKIP() << "this world cannot capture here";
  const SocketAddress out{this->world_.server_ip(), 9000};
  const SocketAddress in{this->world_.captured_ip(), 8080};
  struct Row {
    std::uint16_t proxy_port;
    Network* from;
    SocketAddress to;
  };
  for (const Row& row : {Row{15001, &this->world_.captured(), out}, Row{15006, &this->world_.client(), in}}) {
    SCOPED_TRACE("captured to port " + std::to_string(row.proxy_port));
    this->client_ = {};
    this->server_ = {};
    this->listener_ = this->world_.captured().listen({0, row.proxy_port}, [this](AcceptedStream accepted) {
      this->server_.stream = std::move(accepted.stream);
      this->original_ = accepted.original_destination;
    });
    this->dial(row.to, {}, row.from);
    ASSERT_TRUE(this->world_.run_until([&] { return this->client_.stream && this->server_.stream; }));
    EXPECT_EQ(to_string(this->original_), to_string(row.to));
  }
}

TYPED_TEST_P(ByteStreamSuite, AProxyPassesItsOwnCapture) {
  if (!this->world_.captures()) GTEST_SKIP() << "this world cannot capture here";
  this->listener_ = this->world_.server().listen(
      {0, this->kPort}, [this](AcceptedStream accepted) { this->server_.stream = std::move(accepted.stream); });
  this->dial({this->world_.server_ip(), this->kPort}, {0, true}, &this->world_.captured());
  ASSERT_TRUE(this->world_.run_until([&] { return this->client_.stream && this->server_.stream; }));
}

TYPED_TEST_P(ByteStreamSuite, CaptureWithoutAProxyIsRefused) {
  if (!this->world_.captures()) GTEST_SKIP() << "this world cannot capture here";
  this->dial({this->world_.captured_ip(), 8080});
  ASSERT_TRUE(this->world_.run_until([&] { return this->dial_error_.has_value(); }));
  EXPECT_EQ(*this->dial_error_, DialError::refused);
}

REGISTER_TYPED_TEST_SUITE_P(ByteStreamSuite, BytesGoBothWays, HalfCloseLeavesTheOtherDirectionOpen, AbortResetsThePeer,
                            DestroyingDeliversWhatWasWrittenThenEnds,
                            ClosingWithUnreadBytesResetsUnlessTheyCameRoundTcp, WritingToAClosedPeerIsReset,
                            LargeTransferKeepsContentAndOrder, AStalledReaderBoundsTheWriter,
                            PausedReaderGetsNothingUntilItReadsAgain, AStreamMayDieInItsOwnReader,
                            AStreamMayDieInItsOnWritable, NobodyListeningIsRefused, ADialIntoABlackHoleTimesOut,
                            AGivenUpDialAnswersNothing, AnAddressIsListenedOnOnce,
                            AClosedListenerRefusesAndLeavesItsStreams, LoopbackReachesThePodsOwnListener,
                            CaptureKeepsTheOriginalDestination, AProxyPassesItsOwnCapture,
                            CaptureWithoutAProxyIsRefused);

}  // namespace meshtwin::twin
