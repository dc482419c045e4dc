// Connections opened and closed without a byte in between.

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <vector>

#include "emu/calibrate/blocks.h"
#include "emu/calibrate/echo_server.h"
#include "emu/calibrate/process.h"
#include "emu/calibrate/small_work.h"
#include "emu/emu_clock.h"
#include "emu/event_loop.h"
#include "emu/socket_network.h"

namespace meshtwin {
namespace {

constexpr int kBlocks = 30;
constexpr int kAtOnce = 32;  // dialled together, closed together
constexpr int kTurns = 4;    // of these in a block

class Churn {
 public:
  Churn(const Way& way, pid_t server) : way_(way), server_(server) {}

  // Wall time, then for each connection: processor time and sleeps of both sides, one close.
  std::vector<double> block() {
    const Usage server_before = usage_of(server_);
    const Usage before = usage_of(0);
    const std::int64_t begin = monotonic_now();
    closing_ = 0;
    for (int i = 0; i < kTurns; ++i) turn();
    settle();
    const std::int64_t end = monotonic_now();
    const Usage after = usage_of(0);
    const Usage server_after = usage_of(server_);
    const auto each = [](std::int64_t all) { return static_cast<double>(all) / (kTurns * kAtOnce); };
    return {static_cast<double>(end - begin),
            each(after.cpu - before.cpu),
            each(after.sleeps - before.sleeps),
            each(server_after.cpu - server_before.cpu),
            each(server_after.sleeps - server_before.sleeps),
            each(closing_)};
  }

 private:
  void turn() {
    DialOptions dial;
    dial.bypass_capture = way_.bypass_capture;
    std::vector<Handle> dialling(kAtOnce);
    for (Handle& handle : dialling) {
      handle = network_.dial(way_.dial, dial, [this](std::unique_ptr<ByteStream> stream, DialError error) {
        if (error != DialError::none) throw std::runtime_error("dial " + to_string(way_.dial) + ": failed");
        stream->on_read([](ReadEvent, Buffer&) {});
        streams_.push_back(std::move(stream));
        if (streams_.size() == kAtOnce) loop_.stop();
      });
    }
    while (streams_.size() < kAtOnce) loop_.run();
    const Duration before = thread_cpu_now();
    streams_.clear();
    closing_ += thread_cpu_now() - before;
  }

  // Lets the server finish with what was closed.
  void settle() {
    const Timer pause = clock_.after(kMillisecond, [this] { loop_.stop(); });
    loop_.run();
  }

  const Way way_;
  const pid_t server_;
  EventLoop loop_;
  EmuClock clock_{loop_, 0};
  SocketNetwork network_{loop_, clock_, {}};
  std::vector<std::unique_ptr<ByteStream>> streams_;
  Duration closing_ = 0;
};

}  // namespace

ChurnFigures measure_churn(const Way& way, double effort) {
  const SharedValue<std::atomic<std::uint64_t>> reads;
  MeasuredProcess server(way.server_netns, [&](const Fd& report) { serve_echoes(report, way.listen, 1, *reads); });
  server.read<char>();
  MeasuredProcess client(way.client_netns, [&](const Fd& report) {
    Churn churn(way, server.pid());
    churn.block();
    std::vector<std::vector<double>> blocks;
    for (int i = 0; i < std::max(4, static_cast<int>(kBlocks * effort)); ++i) blocks.push_back(churn.block());
    const std::vector<double> figures = quiet_medians(std::move(blocks));
    report_value(report, ChurnFigures{figures[1], figures[2], figures[3], figures[4], figures[5]});
  });
  return client.read<ChurnFigures>();
}

}  // namespace meshtwin
