#include "emu/calibrate/echo.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "emu/calibrate/blocks.h"
#include "emu/calibrate/echo_server.h"
#include "emu/calibrate/process.h"
#include "emu/emu_clock.h"
#include "emu/event_loop.h"
#include "emu/socket_network.h"

namespace meshtwin {
namespace {

constexpr std::size_t kBurstBytes = 512 * 1024;  // in flight at once: stays within the caches
constexpr int kMostConnections = 64;
constexpr int kWarmUpRounds = 200;

class EchoClient {
 public:
  EchoClient(const Way& way, const EchoOptions& options, pid_t server, std::atomic<std::uint64_t>& server_reads)
      : options_(options),
        server_(server),
        server_reads_(server_reads),
        connections_(static_cast<std::size_t>(options.connections)) {
    for (Connection& connection : connections_) connect(connection, way);
    while (open_ < connections_.size()) loop_.run();
  }

  EchoFigures measure() {
    run_rounds(kWarmUpRounds / options_.connections + 10);
    const std::int64_t begin = monotonic_now();
    run_rounds(20);
    const Duration round = std::max<Duration>((monotonic_now() - begin) / 20, 1);
    const int rounds = static_cast<int>(std::clamp<Duration>(options_.block / round, 4, 100'000));
    std::vector<std::vector<double>> blocks;
    for (int i = 0; i < options_.blocks; ++i) blocks.push_back(block(rounds));
    const std::vector<double> figures = quiet_medians(std::move(blocks));
    return {options_.bytes, figures[1], figures[2], figures[3], figures[4], figures[0], exchanged_};
  }

 private:
  struct Connection {
    Handle dialling;
    std::unique_ptr<ByteStream> stream;
    MessageWriter writer;
    std::size_t received = 0;
  };

  void connect(Connection& connection, const Way& way) {
    DialOptions dial;
    dial.bypass_capture = way.bypass_capture;
    connection.dialling = network_.dial(way.dial, dial, [&](std::unique_ptr<ByteStream> stream, DialError error) {
      if (error != DialError::none) throw std::runtime_error("dial " + to_string(way.dial) + ": failed");
      connection.stream = std::move(stream);
      connection.stream->on_read([&](ReadEvent event, Buffer& data) { read(connection, event, data); });
      ++open_;
      loop_.stop();
    });
  }

  void read(Connection& connection, ReadEvent event, Buffer& data) {
    if (event != ReadEvent::data) throw std::runtime_error("an echo's connection was lost");
    ++reads_;
    connection.received += data.size();
    if (connection.received < options_.bytes) return;
    connection.received = 0;
    if (--unanswered_ > 0) return;
    end_round();
  }

  void begin_round() {
    unanswered_ = connections_.size();
    if (connections_.size() == 1) {
      sent_ = monotonic_now();
      connections_.front().writer.write(*connections_.front().stream, options_.bytes);
      return;
    }
    const Duration before = thread_cpu_now();
    for (Connection& connection : connections_) connection.writer.write(*connection.stream, options_.bytes);
    writing_ += thread_cpu_now() - before;
  }

  void end_round() {
    if (connections_.size() == 1) round_trips_.push_back(static_cast<double>(monotonic_now() - sent_));
    if (--rounds_left_ > 0) return begin_round();
    loop_.stop();
  }

  void run_rounds(int rounds) {
    rounds_left_ = rounds;
    exchanged_ += 2.0 * rounds * options_.connections;
    writing_ = 0;
    reads_ = 0;
    round_trips_.clear();
    begin_round();
    while (rounds_left_ > 0) loop_.run();
  }

  // Wall time (of a round trip, or of a round), then processor time, sleeps and reads of a side for a message, a write.
  std::vector<double> block(int rounds) {
    const Usage server_before = usage_of(server_);
    const std::uint64_t reads_before = server_reads_;
    const Usage before = usage_of(0);
    const std::int64_t begin = monotonic_now();
    run_rounds(rounds);
    const std::int64_t end = monotonic_now();
    const Usage after = usage_of(0);
    const Usage server_after = usage_of(server_);
    const double messages = static_cast<double>(rounds) * options_.connections;
    const auto per_side = [&](std::int64_t both) { return static_cast<double>(both) / messages / 2; };
    const double wall = round_trips_.empty() ? static_cast<double>(end - begin) / rounds : median(round_trips_);
    return {wall, per_side(after.cpu - before.cpu + server_after.cpu - server_before.cpu),
            per_side(after.sleeps - before.sleeps + server_after.sleeps - server_before.sleeps),
            per_side(static_cast<std::int64_t>(reads_ + server_reads_ - reads_before)),
            static_cast<double>(writing_) / messages};
  }

  const EchoOptions options_;
  const pid_t server_;
  std::atomic<std::uint64_t>& server_reads_;
  EventLoop loop_;
  EmuClock clock_{loop_, 0};
  SocketNetwork network_{loop_, clock_, {}};
  std::vector<Connection> connections_;
  std::size_t open_ = 0;
  std::size_t unanswered_ = 0;
  int rounds_left_ = 0;
  std::int64_t sent_ = 0;
  Duration writing_ = 0;
  double exchanged_ = 0;
  std::uint64_t reads_ = 0;
  std::vector<double> round_trips_;
};

}  // namespace

EchoFigures measure_echo(const Way& way, const EchoOptions& options) {
  const SharedValue<std::atomic<std::uint64_t>> reads;
  MeasuredProcess server(
      way.server_netns, [&](const Fd& report) { serve_echoes(report, way.listen, options.bytes, *reads); },
      Core::second_core);
  server.read<char>();
  MeasuredProcess client(
      way.client_netns,
      [&](const Fd& report) {
        EchoClient echo(way, options, server.pid(), *reads);
        report_value(report, echo.measure());
      },
      Core::first_core);
  return client.read<EchoFigures>();
}

WayFigures measure_way(const Way& way, double effort) {
  WayFigures figures;
  EchoOptions options;
  options.blocks = std::max(4, static_cast<int>(options.blocks * effort));
  for (std::size_t i = 0; i < kEchoSizes.size(); ++i) {
    options.bytes = kEchoSizes[i];
    options.connections = 1;
    figures.ping_pong[i] = measure_echo(way, options);
    options.connections = static_cast<int>(std::clamp<std::size_t>(kBurstBytes / options.bytes, 4, kMostConnections));
    figures.burst[i] = measure_echo(way, options);
  }
  return figures;
}

}  // namespace meshtwin
