// The suite of both worlds, on the message-level network: within a zone, over a link, and over a link that loses.

#include "tests/twin/byte_stream_suite.h"

#include "tests/unit/sim/network_fixture.h"

namespace meshtwin {
namespace {

template <int kRttMs, int kLossPerMille>
class MessageLevel {
 public:
  Network& client() { return *nets_.networks[0]; }
  Network& server() { return *nets_.networks[1]; }
  Network& captured() { return *nets_.networks[2]; }
  std::uint32_t server_ip() { return nets_.plan.pods[1].ip; }
  std::uint32_t captured_ip() { return nets_.plan.pods[2].ip; }
  bool captures() { return true; }
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
    plan.pods[2].capture = true;
    return plan;
  }

  SimNetworks nets_{plan()};
};

using SameZoneNetworks = MessageLevel<0, 0>;
using LinkNetworks = MessageLevel<2, 0>;
using LossyLinkNetworks = MessageLevel<2, 10>;

}  // namespace

namespace twin {
INSTANTIATE_TYPED_TEST_SUITE_P(SameZone, ByteStreamSuite, SameZoneNetworks);
INSTANTIATE_TYPED_TEST_SUITE_P(OverALink, ByteStreamSuite, LinkNetworks);
INSTANTIATE_TYPED_TEST_SUITE_P(OverALossyLink, ByteStreamSuite, LossyLinkNetworks);
}  // namespace twin
}  // namespace meshtwin
