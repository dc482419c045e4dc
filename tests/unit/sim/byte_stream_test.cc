// The suite of both worlds on the simulated networks, message level and packet level: within a zone, over a link, and
// over a link that loses.

#include "tests/twin/byte_stream_suite.h"

#include "tests/unit/sim/network_fixture.h"

namespace meshtwin {
namespace {

template <int kRttMs, int kLossPerMille, bool kPackets = false, bool kAccelerated = false>
class Simulated {
 public:
  Network& client() { return *nets_.networks[0]; }
  Network& server() { return *nets_.networks[1]; }
  Network& captured() { return *nets_.networks[2]; }
  std::uint32_t server_ip() { return nets_.plan.pods[1].ip; }
  std::uint32_t captured_ip() { return nets_.plan.pods[2].ip; }
  bool captures() { return true; }
  bool accelerated() { return kAccelerated; }
  bool can_cut() { return true; }
  void cut_server() { nets_.topology.cut_pod(1, true); }
  bool run_until(const std::function<bool()>& condition) { return nets_.run_until(condition); }
  void run_for(Duration duration) { nets_.run_for(duration); }

 private:
  static Plan plan() {
    LinkShape shape;
    shape.rtt = kRttMs * kMillisecond;
    shape.loss = kLossPerMille / 1000.0;
    shape.jitter = kRttMs * 10 * kMicrosecond;
    shape.bandwidth_bps = 1'000'000'000;
    Plan plan = kRttMs == 0 ? pods_in({0, 0, 0}) : pods_in({0, 1, 1}, shape);
    plan.pods[2].capture = Capture::sidecar;
    plan.packet_network = kPackets;
    plan.accelerate = kAccelerated;
    return plan;
  }

  SimNetworks nets_{plan()};
};

using SameZoneNetworks = Simulated<0, 0>;
using LinkNetworks = Simulated<2, 0>;
using LossyLinkNetworks = Simulated<2, 10>;
using PacketNetworks = Simulated<0, 0, true>;
using PacketLinkNetworks = Simulated<2, 0, true>;
using LossyPacketLinkNetworks = Simulated<2, 10, true>;
using AcceleratedNetworks = Simulated<0, 0, false, true>;
using AcceleratedPacketNetworks = Simulated<0, 0, true, true>;

// There is room for anything on a connection that is gone: who waits for room, and reads nothing, would wait for ever.
TEST(SimStreams, AWriterThatWaitsHearsOfAReset) {
  SimNetworks nets(pods_in({0, 0}));
  std::unique_ptr<ByteStream> client;
  std::unique_ptr<ByteStream> server;
  const Handle listening =
      nets.networks[1]->listen({0, 80}, [&](AcceptedStream accepted) { server = std::move(accepted.stream); });
  const Handle dial =
      nets.networks[0]->dial({nets.plan.pods[1].ip, 80}, {},
                             [&](std::unique_ptr<ByteStream> stream, DialError) { client = std::move(stream); });
  ASSERT_TRUE(nets.run_until([&] { return client != nullptr && server != nullptr; }));
  Buffer much(std::string(24'000'000, 'x'));
  std::function<void()> push = [&] {
    client->write(much);
    if (!much.empty()) client->on_writable([&] { push(); });
  };
  push();
  nets.run_for(kSecond);
  ASSERT_FALSE(much.empty()) << "the server reads nothing";
  server->abort();
  EXPECT_TRUE(nets.run_until([&] { return much.empty(); })) << much.size() << " bytes still wait";
}

}  // namespace

namespace twin {
INSTANTIATE_TYPED_TEST_SUITE_P(SameZone, ByteStreamSuite, SameZoneNetworks);
INSTANTIATE_TYPED_TEST_SUITE_P(Accelerated, ByteStreamSuite, AcceleratedNetworks);
INSTANTIATE_TYPED_TEST_SUITE_P(PacketsAccelerated, ByteStreamSuite, AcceleratedPacketNetworks);
INSTANTIATE_TYPED_TEST_SUITE_P(OverALink, ByteStreamSuite, LinkNetworks);
INSTANTIATE_TYPED_TEST_SUITE_P(OverALossyLink, ByteStreamSuite, LossyLinkNetworks);
INSTANTIATE_TYPED_TEST_SUITE_P(Packets, ByteStreamSuite, PacketNetworks);
INSTANTIATE_TYPED_TEST_SUITE_P(PacketsOverALink, ByteStreamSuite, PacketLinkNetworks);
INSTANTIATE_TYPED_TEST_SUITE_P(PacketsOverALossyLink, ByteStreamSuite, LossyPacketLinkNetworks);
}  // namespace twin
}  // namespace meshtwin
