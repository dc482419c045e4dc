// The same tests over both captures.

#include <gtest/gtest.h>

#include "ebpf/program_set.h"
#include "emu/socket_options.h"
#include "mesh/proxy/sidecar_config.h"
#include "tests/support/ebpf/pods.h"

namespace meshtwin {
namespace {

constexpr std::uint16_t kPort = 8080;

struct CaptureTest : ::testing::TestWithParam<bool> {
  static bool by_ebpf() { return GetParam(); }
  void SetUp() override {
    if (const std::string why = cannot_test_ebpf(); !why.empty()) GTEST_SKIP() << why;
    pods = std::make_unique<Pods>(std::vector<Pods::Entry>{{0, true}, {0, false}}, EbpfWanted{by_ebpf(), false, false});
    own = pods->ip(0);
    other = pods->ip(1);
  }
  std::unique_ptr<Pods> pods;
  std::uint32_t own = 0;    // of the captured pod
  std::uint32_t other = 0;  // of one that is not
};

TEST_P(CaptureTest, WhatThePodDialsGoesToItsProxy) {
  const Fd proxy = pods->listener(0, {0, kOutboundPort});
  const Fd app = pods->dial(0, {other, kPort});  // where nobody listens
  const Fd accepted = accept_from(proxy);
  EXPECT_EQ(original_destination(accepted.get()), (SocketAddress{other, kPort}));
  EXPECT_EQ(peer_address(accepted.get()).ip, own);
  EXPECT_EQ(peer_address(app.get()), (SocketAddress{other, kPort})) << "the application sees whom it dialled";
  send_all(app, "ask");
  EXPECT_EQ(receive(accepted, 3), "ask");
  send_all(accepted, "answer");
  EXPECT_EQ(receive(app, 6), "answer");
}

TEST_P(CaptureTest, EachConnectionKeepsItsOwnDestination) {
  const Fd proxy = pods->listener(0, {0, kOutboundPort});
  for (std::uint16_t port = 1; port <= 50; ++port) {
    const Fd app = pods->dial(0, {other, port});
    EXPECT_EQ(original_destination(accept_from(proxy).get()), (SocketAddress{other, port}));
  }
}

TEST_P(CaptureTest, WhatTheProxyDialsPasses) {
  const Fd proxy = pods->listener(0, {0, kOutboundPort});
  const Fd server = pods->listener(1, {0, kPort});
  const Fd dialled = pods->dial(0, {other, kPort}, true);
  EXPECT_EQ(peer_address(accept_from(server).get()).ip, own);
}

TEST_P(CaptureTest, WithoutItsProxyThePodReachesNobody) {
  const Fd server = pods->listener(1, {0, kPort});
  EXPECT_FALSE(pods->try_dial(0, {other, kPort}));
  EXPECT_EQ(errno, ECONNREFUSED);
}

TEST_P(CaptureTest, WhatComesInGoesToTheProxy) {
  const Fd app = pods->listener(0, {0, kPort});
  const Fd proxy = pods->listener(0, {0, kInboundPort});
  const Fd client = pods->dial(1, {own, kPort});
  const Fd accepted = accept_from(proxy);
  EXPECT_EQ(original_destination(accepted.get()), (SocketAddress{own, kPort}));
  EXPECT_EQ(peer_address(accepted.get()).ip, other);
}

TEST_P(CaptureTest, TheApplicationIsNeverReachedPastADeadProxy) {
  const Fd app = pods->listener(0, {0, kPort});
  { const Fd proxy = pods->listener(0, {0, kInboundPort}); }
  EXPECT_FALSE(pods->try_dial(1, {own, kPort}));
  EXPECT_EQ(errno, ECONNREFUSED);
}

TEST_P(CaptureTest, TheProxysOwnPortsAreLeftAlone) {
  const Fd proxy = pods->listener(0, {0, kInboundPort});
  for (const std::uint16_t port : {15008, 15020, 15021, 15090}) {
    const Fd own_port = pods->listener(0, {0, port});
    const Fd client = pods->dial(1, {own, port});
    EXPECT_EQ(peer_address(accept_from(own_port).get()).ip, other) << port;
  }
}

TEST_P(CaptureTest, TheProxyReachesItsApplicationOnTheLoopbackAndOnThePodsAddress) {
  const Fd proxy = pods->listener(0, {0, kInboundPort});
  const Fd app = pods->listener(0, {0, kPort});
  for (const std::uint32_t ip : {(127U << 24) | 1, own}) {
    const Fd dialled = pods->dial(0, {ip, kPort}, true);
    const Fd accepted = accept_from(app);
    send_all(accepted, "here");
    EXPECT_EQ(receive(dialled, 4), "here");
  }
}

TEST_P(CaptureTest, TheLoopbackIsThePodsOwn) {
  const Fd proxy = pods->listener(0, {0, kOutboundPort});
  const Fd app = pods->listener(0, {0, kPort});
  const Fd dialled = pods->dial(0, {(127U << 24) | 1, kPort});
  EXPECT_EQ(peer_address(accept_from(app).get()).ip >> 24, 127u);
}

TEST_P(CaptureTest, OtherPodsAreNotTouched) {
  const Fd server = pods->listener(1, {0, kPort});
  const Fd inside = pods->dial(1, {other, kPort});
  EXPECT_EQ(peer_address(accept_from(server).get()).ip, other);
}

TEST_P(CaptureTest, AProxyThatStartsAnewIsFound) {
  for (int life = 0; life < 3; ++life) {
    const Fd proxy = pods->listener(0, {0, kInboundPort});
    const Fd client = pods->dial(1, {own, kPort});
    const Fd accepted = accept_from(proxy);
    send_all(accepted, "again");
    EXPECT_EQ(receive(client, 5), "again");
  }
}

INSTANTIATE_TEST_SUITE_P(Both, CaptureTest, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "Ebpf" : "Nftables"; });

}  // namespace
}  // namespace meshtwin
