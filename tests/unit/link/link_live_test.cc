// A real link between two namespaces made here, carried by a real link process. Counts and contents are checked, never
// times.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <thread>

#include "emu/link/in_namespace.h"
#include "emu/link/link_end.h"
#include "emu/link/ping.h"
#include "mesh/base/random.h"
#include "tests/support/link/link_rig.h"

namespace meshtwin {
namespace {

class LinkLive : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { refusal_ = new std::string(allow_namespaces()); }
  void SetUp() override {
    if (!refusal_->empty()) GTEST_SKIP() << *refusal_;
  }
  static std::string* refusal_;
};
std::string* LinkLive::refusal_ = nullptr;

PingResult pings(const LinkRig& rig, int count) {
  return ping({rig.zone_a().get(), LinkRig::kIpB, count, kMillisecond, 300 * kMillisecond});
}

// Sends `size` bytes drawn from the seed from a to b and returns the hash of what was sent and of what came.
std::pair<std::uint64_t, std::uint64_t> transfer(const TcpPair& flow, std::size_t size) {
  std::string sent(size, '\0');
  RandomStream random(5, "transfer");
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    const std::uint64_t bits = random.bits();
    std::memcpy(sent.data() + i, &bits, sizeof bits);
  }
  const timeval patience{20, 0};  // a link that spoils the flow fails the test instead of holding it up
  setsockopt(flow.a.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  setsockopt(flow.b.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::thread sender([&] {
    for (std::size_t at = 0; at < size;) {
      const ssize_t n = send(flow.a.get(), sent.data() + at, size - at, MSG_NOSIGNAL);
      if (n <= 0) break;
      at += static_cast<std::size_t>(n);
    }
    shutdown(flow.a.get(), SHUT_WR);
  });
  std::string got;
  std::vector<char> block(1 << 20);
  ssize_t n = 0;
  while ((n = recv(flow.b.get(), block.data(), block.size(), 0)) > 0)
    got.append(block.data(), static_cast<std::size_t>(n));
  sender.join();
  return {hash_text(sent), hash_text(got)};
}

TEST_F(LinkLive, TenMegabytesArriveWholeThoughSegmentsAreLost) {
  LinkRig rig({.rtt = kMillisecond, .loss = 0.01}, 11);
  const auto [sent, got] = transfer(connect_through(rig), 10'000'000);
  EXPECT_EQ(sent, got);
  const LinkReport report = rig.client().report();
  ASSERT_EQ(report.directions.size(), 2u);
  const LinkQuality& forward = report.directions[0];
  EXPECT_EQ(forward.name, "a>b");
  EXPECT_GE(forward.packets, 10'000'000u / 1448) << "segments inside large ones must be counted one by one";
  EXPECT_EQ(report.dropped[0], 0u);
  const double expected = static_cast<double>(forward.packets) * 0.01;
  EXPECT_NEAR(static_cast<double>(forward.lost), expected, 5 * std::sqrt(expected * 0.99));
  EXPECT_EQ(rig.end(), 0);
}

TEST_F(LinkLive, TenMegabytesArriveWholeThroughANarrowLink) {
  LinkRig rig({.rtt = kMillisecond, .bandwidth_bps = 200'000'000}, 12);
  const auto [sent, got] = transfer(connect_through(rig), 10'000'000);
  EXPECT_EQ(sent, got);
  EXPECT_EQ(rig.end(), 0);
}

TEST_F(LinkLive, ACutLosesEverythingAndARestoreBringsItBack) {
  LinkRig rig({.rtt = kMillisecond}, 13);
  EXPECT_EQ(pings(rig, 20).rtt.count(), 20u);
  rig.client().cut(0);
  rig.client().begin();
  EXPECT_EQ(pings(rig, 20).rtt.count(), 0u);
  const LinkReport during = rig.client().report();
  EXPECT_EQ(during.directions[0].packets, 20u);
  EXPECT_EQ(during.directions[0].lost, 20u);
  EXPECT_EQ(during.directions[1].packets, 0u) << "nothing reached b, so nothing came back";
  rig.client().restore(0);
  rig.client().begin();
  EXPECT_EQ(pings(rig, 20).rtt.count(), 20u);
  const LinkReport after = rig.client().report();
  EXPECT_EQ(after.directions[0].lost + after.directions[1].lost, 0u);
}

TEST_F(LinkLive, ACutLosesWhatIsUnderWay) {
  LinkRig rig({.rtt = 20 * kSecond}, 14);
  pings(rig, 5);
  rig.client().cut(0);
  EXPECT_EQ(rig.client().report().directions[0].lost, 5u);
}

TEST_F(LinkLive, NoPacketComesBeforeItsDelayOverAndShapesChange) {
  LinkRig rig({.rtt = 20 * kMillisecond}, 15);
  const PingResult slow = pings(rig, 20);
  EXPECT_EQ(slow.rtt.count(), 20u);
  EXPECT_GT(slow.rtt.min(), 19 * kMillisecond);
  rig.client().shape(0, {.rtt = 40 * kMillisecond});
  const PingResult slower = pings(rig, 20);
  EXPECT_EQ(slower.rtt.count(), 20u);
  EXPECT_GT(slower.rtt.min(), 39 * kMillisecond);
  const LinkReport report = rig.client().report();
  EXPECT_EQ(report.directions[1].name, "b>a");
  EXPECT_EQ(report.directions[1].delay_wanted, 20 * kMillisecond);
}

TEST_F(LinkLive, PingsBecomeALinkQuality) {
  LinkRig rig({.rtt = 10 * kMillisecond, .loss = 0.5}, 16);
  const LinkShape wanted{.rtt = 10 * kMillisecond, .loss = 0.5};
  const LinkQuality q = to_link_quality("a>b", wanted, pings(rig, 200));
  EXPECT_EQ(q.delay_wanted, 5 * kMillisecond);
  EXPECT_GE(q.delay_p99, q.delay_p50);
  EXPECT_GT(q.delay_p50, 4 * kMillisecond);
  EXPECT_EQ(q.packets, 200u);
  EXPECT_GT(q.lost, 100u) << "an echo passes two directions that lose half each: 150 of 200 expected";
  EXPECT_LT(q.lost, 195u);
}

TEST_F(LinkLive, TheProcessRefusesWhatItCannotDoAndGoesOn) {
  LinkRig rig({.rtt = kMillisecond}, 17);
  EXPECT_THROW(rig.client().cut(1), std::runtime_error);
  EXPECT_THROW(rig.client().shape(0, {.rtt = -1}), std::runtime_error);
  const Fd no_end(checked(open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null"));
  EXPECT_THROW(rig.client().add("a", no_end, "b", no_end, {}), std::runtime_error);
  EXPECT_EQ(pings(rig, 5).rtt.count(), 5u);
  EXPECT_EQ(rig.end(), 0);
}

TEST_F(LinkLive, ManyLinksShareOneProcess) {
  LinkRig rig({.rtt = kMillisecond}, 18);
  const Fd zone_c = new_net_namespace();
  constexpr std::uint32_t kIpC = 0x0a030001;
  Fd end_ac, end_ca;
  in_net_namespace(rig.zone_a().get(), [&] { end_ac = create_link_end({"to-c", {}, {{0x0a030000, 16}}, 1500, 1000}); });
  in_net_namespace(zone_c.get(), [&] {
    end_ca = create_link_end({"to-a", {{kIpC, 32}}, {{0x0a010000, 16}}, 1500, 1000});
  });
  EXPECT_EQ(rig.client().add("a", end_ac, "c", end_ca, {.rtt = 4 * kMillisecond}), 1u);
  EXPECT_EQ(ping({rig.zone_a().get(), kIpC, 10, kMillisecond, kSecond}).rtt.count(), 10u);
  rig.client().cut(0);
  EXPECT_EQ(pings(rig, 5).rtt.count(), 0u);
  EXPECT_EQ(ping({zone_c.get(), LinkRig::kIpA, 10, kMillisecond, kSecond}).rtt.count(), 10u)
      << "cutting one link must leave the other";
  EXPECT_EQ(rig.client().report().directions.size(), 4u);
}

TEST_F(LinkLive, AnEndCannotBeMadeTwiceAndGoesAway) {
  const Fd zone = new_net_namespace();
  in_net_namespace(zone.get(), [] {
    Fd end = create_link_end({"wan", {{0x0a090001, 32}}, {}, 1500, 1000});
    EXPECT_THROW(create_link_end({"wan", {}, {}, 1500, 1000}), std::system_error);
    remove_link_end("wan");
    EXPECT_THROW(remove_link_end("wan"), std::system_error);
    EXPECT_THROW(create_link_end({"bad-mtu", {}, {}, 1, 1000}), std::system_error);
    EXPECT_THROW(create_link_end({"no-route", {}, {{0x0a090001, 99}}, 1500, 1000}), std::system_error);
    EXPECT_THROW(remove_link_end("no-route"), std::system_error) << "a half-made end must not stay";
    EXPECT_THROW(create_link_end({"a-name-that-is-too-long", {}, {}, 1500, 1000}), std::invalid_argument);
  });
}

}  // namespace
}  // namespace meshtwin
