#include <fcntl.h>

#include "emu/emu_clock.h"
#include "emu/run_network.h"
#include "emu/socket_network.h"
#include "tests/twin/byte_stream_suite.h"
#include "tests/unit/emu/privileges.h"

namespace meshtwin {
namespace {

constexpr Duration kPatience = 20 * kSecond;

// Three pods of one zone, all played by this process; where no network namespace can be made, its own loopback for all
// three.
// Without the privilege for eBPF, its variants are nftables and TCP once more.
template <bool kCapture, bool kAccelerate>
class LinuxPods {
 public:
  LinuxPods() {
    if (!acquire_test_privileges().empty()) {
      for (auto& pod : pods_) pod.emplace(loop_, clock_, Hosts());
      return;
    }
    RunNetworkPlan plan;
    plan.zones = {"az-a"};
    plan.ebpf = {kCapture, kAccelerate, true};
    for (std::uint32_t i = 0; i < 3; ++i) plan.pods.push_back({"pod-" + std::to_string(i), 0, ip(i), i == 2});
    network_.emplace(plan);
    for (std::size_t i = 0; i < 3; ++i) {
      pods_[i].emplace(loop_, clock_, Hosts(), Fd(::fcntl(network_->pod_namespace(i), F_DUPFD_CLOEXEC, 0)));
    }
  }

  Network& client() { return *pods_[0]; }
  Network& server() { return *pods_[1]; }
  Network& captured() { return *pods_[2]; }
  std::uint32_t server_ip() { return network_ ? ip(1) : kLoopback; }
  std::uint32_t captured_ip() { return ip(2); }
  bool accelerated() { return network_.has_value() && !network_->shortcuts().empty(); }
  bool captures() { return network_.has_value(); }
  bool can_cut() { return network_.has_value(); }
  void cut_server() { network_->cut(1, true); }

  bool run_until(const std::function<bool()>& condition) {
    const Time end = clock_.now() + kPatience;
    while (!condition() && clock_.now() < end) run_for(kMillisecond);
    return condition();
  }
  void run_for(Duration duration) {
    const Timer timer = clock_.after(duration, [this] { loop_.stop(); });
    loop_.run();
  }

 private:
  static std::uint32_t ip(std::uint32_t pod) { return (10U << 24) + (1U << 16) + 2 + pod; }

  EventLoop loop_;
  EmuClock clock_{loop_, monotonic_now()};
  std::optional<RunNetwork> network_;
  std::optional<SocketNetwork> pods_[3];
};

using ByNftables = LinuxPods<false, false>;
using ByEbpf = LinuxPods<true, false>;
using Accelerated = LinuxPods<true, true>;

}  // namespace

namespace twin {
INSTANTIATE_TYPED_TEST_SUITE_P(Linux, ByteStreamSuite, ByNftables);
INSTANTIATE_TYPED_TEST_SUITE_P(LinuxEbpf, ByteStreamSuite, ByEbpf);
INSTANTIATE_TYPED_TEST_SUITE_P(LinuxAccelerated, ByteStreamSuite, Accelerated);
}  // namespace twin

}  // namespace meshtwin
