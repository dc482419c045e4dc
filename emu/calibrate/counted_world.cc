#include "emu/calibrate/counted_world.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace meshtwin {
namespace {

class CountedStream final : public ByteStream {
 public:
  CountedStream(std::unique_ptr<ByteStream> stream, OperationCounts& counts, SleepCounter& sleeps)
      : stream_(std::move(stream)), counts_(counts), sleeps_(sleeps) {}
  ~CountedStream() override { counts_.add(Operation::close, 1); }

  void write(Buffer& data) override {
    const std::size_t before = data.size();
    sleeps_.wrote();
    stream_->write(data);
    if (data.size() < before) counts_.add(Operation::socket_write, static_cast<std::int64_t>(before - data.size()));
  }
  void on_read(ReadHandler handler) override {
    if (!handler) return stream_->on_read({});
    stream_->on_read(
        [&counts = counts_, &sleeps = sleeps_, handler = std::move(handler)](ReadEvent event, Buffer& data) mutable {
          if (event == ReadEvent::data) counts.add(Operation::socket_read, static_cast<std::int64_t>(data.size()));
          sleeps.awake([&] { handler(event, data); }, true);
        });
  }
  void on_writable(Callback then) override { stream_->on_writable(std::move(then)); }
  void shutdown_write() override { stream_->shutdown_write(); }
  void abort() override { stream_->abort(); }

 private:
  const std::unique_ptr<ByteStream> stream_;
  OperationCounts& counts_;
  SleepCounter& sleeps_;
};

}  // namespace

TimeCounts SharedTimeCounts::counts() const {
  TimeCounts copy{};
  for (std::size_t i = 0; i < copy.size(); ++i) copy[i] = counts_[i];
  return copy;
}

std::size_t bucket_of(Duration time) {
  const auto whole = static_cast<std::uint64_t>(std::max<Duration>(time, kStepsOfOctave));
  const int octave = std::bit_width(whole) - 4;
  const std::size_t step = whole >> octave & (kStepsOfOctave - 1);
  return std::min(kStepsOfOctave * static_cast<std::size_t>(octave) + step, std::tuple_size_v<TimeCounts> - 1);
}

double middle_of(std::size_t bucket) {
  const auto octave = static_cast<double>(std::uint64_t{kStepsOfOctave} << (bucket / kStepsOfOctave));
  return octave * (1 + (static_cast<double>(bucket % kStepsOfOctave) + 0.5) / kStepsOfOctave);
}

Timer CountedClock::after(Duration delay, Callback then) {
  return clock_.after(delay, [&counts = counts_, &sleeps = sleeps_, then = std::move(then)]() mutable {
    counts.add(Operation::timer, 1);
    sleeps.awake(then, false);
  });
}

void OperationCounts::add(Operation operation, std::int64_t amount) {
  constexpr double kWhole = 1e6;
  const auto place = static_cast<std::size_t>(operation);
  calls[place].fetch_add(1, std::memory_order_relaxed);
  amounts[place].fetch_add(static_cast<std::uint64_t>(amount), std::memory_order_relaxed);
  const std::int64_t now = monotonic_now();
  const std::array<double, kAges.size()> shares = shares_of_ages(now - last_done[place]);
  last_done[place] = now;
  for (std::size_t i = 0; i < kAges.size(); ++i) {
    ages[place][i].fetch_add(static_cast<std::uint64_t>(kWhole * shares[i]), std::memory_order_relaxed);
  }
}

std::array<double, kAges.size()> shares_of_ages(Duration age) {
  std::array<double, kAges.size()> shares{};
  const auto above = static_cast<std::size_t>(std::upper_bound(kAges.begin(), kAges.end(), age) - kAges.begin());
  if (above == 0 || above == kAges.size()) {
    shares[above == 0 ? 0 : above - 1] = 1;
    return shares;
  }
  const auto low = static_cast<double>(kAges[above - 1]);
  const double share = std::log(static_cast<double>(age) / low) / std::log(static_cast<double>(kAges[above]) / low);
  shares[above] = share;
  shares[above - 1] = 1 - share;
  return shares;
}

Handle CountedNetwork::listen(SocketAddress at, AcceptHandler on_accept) {
  return network_.listen(at, [this, on_accept = std::move(on_accept)](AcceptedStream accepted) mutable {
    counts_.add(Operation::accept, 1);
    accepted.stream = std::make_unique<CountedStream>(std::move(accepted.stream), counts_, sleeps_);
    on_accept(std::move(accepted));
  });
}

Handle CountedNetwork::dial(SocketAddress to, const DialOptions& options, DialHandler then) {
  counts_.add(Operation::dial, 1);
  return network_.dial(to, options,
                       [&counts = counts_, &sleeps = sleeps_, then = std::move(then)](
                           std::unique_ptr<ByteStream> stream, DialError error) mutable {
                         if (stream != nullptr)
                           stream = std::make_unique<CountedStream>(std::move(stream), counts, sleeps);
                         then(std::move(stream), error);
                       });
}

}  // namespace meshtwin
