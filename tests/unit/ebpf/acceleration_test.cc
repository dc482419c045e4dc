// The shortcut, with sockets in and what comes out: bytes, order, ends, resets, bounds, and what the counters say.

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "ebpf/program_set.h"
#include "ebpf/wire.h"
#include "tests/support/ebpf/pods.h"

namespace meshtwin {
namespace {

constexpr std::uint16_t kPort = 8080;

struct Pair {
  Fd client;
  Fd server;
};

struct AccelerationTest : ::testing::Test {
  void SetUp() override {
    if (const std::string why = cannot_test_ebpf(); !why.empty()) GTEST_SKIP() << why;
    // a and b on one node, c on another.
    pods = std::make_unique<Pods>(std::vector<Pods::Entry>{{0, false}, {0, false}, {1, false}},
                                  EbpfWanted{false, true, false});
  }
  Pair connect(std::size_t from, std::size_t to) {
    const Fd listener = pods->listener(to, {0, kPort});
    Pair pair;
    pair.client = pods->dial(from, {pods->ip(to), kPort});
    pair.server = accept_from(listener);
    return pair;
  }
  ShortcutUsage usage(const char* path) const { return pods->network().shortcuts().at(path); }

  std::unique_ptr<Pods> pods;
};

void round_trips(const Pair& pair, int count) {
  const std::string ask(1024, 'a');
  for (int i = 0; i < count; ++i) {
    send_all(pair.client, ask);
    ASSERT_EQ(receive(pair.server, ask.size()), ask);
    send_all(pair.server, ask);
    ASSERT_EQ(receive(pair.client, ask.size()), ask);
  }
}

TEST_F(AccelerationTest, InsideAPodNothingGoesByTcp) {
  const Pair pair = connect(0, 0);
  const std::int64_t before = pods->segments(0);
  round_trips(pair, 500);
  EXPECT_EQ(pods->segments(0) - before, 0);
  EXPECT_EQ(usage("in_pod").redirected_messages, 1000u);
  EXPECT_EQ(usage("in_pod").redirected_bytes, 1000u * 1024);
  EXPECT_EQ(usage("on_node"), ShortcutUsage());
}

TEST_F(AccelerationTest, OnTheLoopbackToo) {
  const Fd listener = pods->listener(0, {(127U << 24) | 1, kPort});
  Pair pair;
  pair.client = pods->dial(0, {(127U << 24) | 1, kPort});
  pair.server = accept_from(listener);
  round_trips(pair, 10);
  EXPECT_EQ(usage("in_pod").redirected_messages, 20u);
}

TEST_F(AccelerationTest, BetweenPodsOfANodeNothingGoesByTcp) {
  const Pair pair = connect(0, 1);
  const std::int64_t before = pods->segments(0) + pods->segments(1);
  round_trips(pair, 500);
  EXPECT_EQ(pods->segments(0) + pods->segments(1) - before, 0);
  EXPECT_EQ(usage("on_node").redirected_messages, 1000u);
  EXPECT_EQ(usage("in_pod"), ShortcutUsage());
}

TEST_F(AccelerationTest, ToAnotherNodeAllGoesByTcp) {
  const Pair pair = connect(0, 2);
  const std::int64_t before = pods->segments(0) + pods->segments(2);
  round_trips(pair, 100);
  EXPECT_EQ(pods->segments(0) + pods->segments(2) - before, 200);
  EXPECT_EQ(usage("on_node"), ShortcutUsage());
}

TEST_F(AccelerationTest, ALargeTransferComesWholeAndInOrder) {
  const Pair pair = connect(0, 1);
  const std::string data = numbered(64 << 20);
  std::thread writer([&] {
    send_all(pair.client, data);
    ::shutdown(pair.client.get(), SHUT_WR);
  });
  const std::string got = receive(pair.server, data.size() + 1);
  writer.join();
  EXPECT_EQ(got.size(), data.size());
  EXPECT_TRUE(got == data);
  EXPECT_LE(usage("on_node").redirected_bytes, std::uint64_t{SHORTCUT_UNANSWERED_LIMIT});
  EXPECT_EQ(usage("on_node").fallen_back, 1u) << "without an answer it was to be left to TCP";
  EXPECT_EQ(usage("on_node").redirected_bytes + usage("on_node").passed_bytes, data.size());
}

TEST_F(AccelerationTest, AnsweredTransfersStayOnTheShortcut) {
  const Pair pair = connect(0, 0);
  const std::string block = numbered(128 * 1024);
  for (int i = 0; i < 64; ++i) {
    std::thread writer([&] { send_all(pair.client, block); });
    ASSERT_TRUE(receive(pair.server, block.size()) == block);
    writer.join();
    send_all(pair.server, "got it");
    ASSERT_EQ(receive(pair.client, 6), "got it");
  }
  EXPECT_EQ(usage("in_pod").redirected_bytes, 64 * (block.size() + 6));
  EXPECT_EQ(usage("in_pod").fallen_back, 0u);
}

// What a writer can put into a connection that nobody reads from.
std::size_t write_until_full(const Fd& fd, const std::string& data) {
  std::size_t sent = 0;
  while (sent < data.size()) {
    const std::size_t some = std::min<std::size_t>(data.size() - sent, 16 * 1024);
    const ssize_t n = ::send(fd.get(), data.data() + sent, some, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) {
      pollfd wait{fd.get(), POLLOUT, 0};
      if (::poll(&wait, 1, 200) == 0) return sent;
      continue;
    }
    sent += static_cast<std::size_t>(n);
  }
  return sent;
}

TEST_F(AccelerationTest, AStalledReaderBoundsWhatIsUnderWayAndGetsAllInOrder) {
  for (const std::size_t to : {0, 1}) {
    const Pair pair = connect(0, to);
    const std::string data = numbered(64 << 20);
    const std::size_t sent = write_until_full(pair.client, data);
    EXPECT_LT(sent, 20u << 20) << "a reader that stands still must stop its writer";
    std::thread writer([&] { send_all(pair.client, data.substr(sent)); });
    const std::string got = receive(pair.server, data.size());
    writer.join();
    EXPECT_TRUE(got == data);
  }
}

TEST_F(AccelerationTest, AHalfClosedConnectionGoesOnTheOtherWay) {
  for (const std::size_t to : {0, 1, 2}) {
    const Pair pair = connect(0, to);
    send_all(pair.client, "last words");
    ::shutdown(pair.client.get(), SHUT_WR);
    EXPECT_EQ(receive(pair.server, 100), "last words");
    for (int i = 0; i < 20; ++i) {
      send_all(pair.server, "still here");
      ASSERT_EQ(receive(pair.client, 10), "still here");
    }
    ::shutdown(pair.server.get(), SHUT_WR);
    EXPECT_EQ(receive(pair.client, 1), "");
  }
}

TEST_F(AccelerationTest, AnEndThatClosesAtOnceLosesNothing) {
  for (const std::size_t to : {0, 1}) {
    for (int i = 0; i < 50; ++i) {
      Pair pair = connect(0, to);
      send_all(pair.client, std::string(5000, 'x'));
      pair.client.reset();
      ASSERT_EQ(receive(pair.server, 6000).size(), 5000u) << to;
    }
  }
}

TEST_F(AccelerationTest, AResetIsAReset) {
  for (const std::size_t to : {0, 1, 2}) {
    Pair pair = connect(0, to);
    round_trips(pair, 3);
    const linger now{1, 0};
    ::setsockopt(pair.client.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    pair.client.reset();
    char byte = 0;
    EXPECT_EQ(::recv(pair.server.get(), &byte, 1, 0), -1);
    EXPECT_EQ(errno, ECONNRESET) << to;
    EXPECT_EQ(::send(pair.server.get(), "x", 1, MSG_NOSIGNAL), -1);
  }
}

TEST_F(AccelerationTest, WhoWritesToAKilledPeerLearnsIt) {
  for (const std::size_t to : {0, 1}) {
    Pair pair = connect(0, to);
    round_trips(pair, 3);
    const pid_t child = ::fork();
    if (child == 0) {
      ::pause();
      ::_exit(0);
    }
    pair.client.reset();  // the child has it alone
    send_all(pair.server, "to nobody");
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    char byte = 0;
    EXPECT_LE(::recv(pair.server.get(), &byte, 1, 0), 0);
    bool refused = false;
    for (int i = 0; i < 100 && !refused; ++i) {
      refused = ::send(pair.server.get(), "x", 1, MSG_NOSIGNAL) < 0;
      ::usleep(1000);
    }
    EXPECT_TRUE(refused);
  }
}

TEST_F(AccelerationTest, NothingGoesRoundACut) {
  const Pair pair = connect(0, 1);
  round_trips(pair, 3);
  pods->network().cut(1, true);
  send_all(pair.client, "lost");
  const timeval moment{0, 200'000};
  ::setsockopt(pair.server.get(), SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof moment);
  char byte = 0;
  EXPECT_EQ(::recv(pair.server.get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, EAGAIN);
  pods->network().cut(1, false);
  const timeval long_time{10, 0};
  ::setsockopt(pair.server.get(), SOL_SOCKET, SO_RCVTIMEO, &long_time, sizeof long_time);
  EXPECT_EQ(receive(pair.server, 4), "lost") << "TCP sends it again once the way is open";
}

TEST_F(AccelerationTest, ManyConnectionsOneAfterTheOtherLeaveNothingBehind) {
  const Fd listener = pods->listener(0, {0, kPort});
  for (int i = 0; i < 2000; ++i) {
    Pair pair;
    pair.client = pods->dial(0, {pods->ip(0), kPort});
    pair.server = accept_from(listener);
    send_all(pair.client, "hello");
    ASSERT_EQ(receive(pair.server, 5), "hello") << i;
    pair.client.reset();
    ASSERT_EQ(receive(pair.server, 1), "") << i;
  }
  EXPECT_EQ(usage("in_pod").redirected_messages, 2000u);
}

TEST(EbpfUnavailableTest, SaysWhatIsMissingAndWhatToDo) {
  if (const std::string why = cannot_test_ebpf(); !why.empty()) GTEST_SKIP() << why;
  const pid_t child = ::fork();
  if (child == 0) {
    std::string said;
    if (::setgid(65534) == 0 && ::setuid(65534) == 0) said = missing_for_ebpf();
    ::_exit(said.find("CAP_BPF") != std::string::npos && said.find("run as root") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace meshtwin
