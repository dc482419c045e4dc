#include "emu/calibrate/counted_world.h"

#include <utility>

namespace meshtwin {
namespace {

class CountedStream final : public ByteStream {
 public:
  CountedStream(std::unique_ptr<ByteStream> stream, OperationCounts& counts)
      : stream_(std::move(stream)), counts_(counts) {}
  ~CountedStream() override { counts_.add(Operation::close, 1); }

  void write(Buffer& data) override {
    const std::size_t before = data.size();
    stream_->write(data);
    if (data.size() < before) counts_.add(Operation::socket_write, static_cast<std::int64_t>(before - data.size()));
  }
  void on_read(ReadHandler handler) override {
    if (!handler) return stream_->on_read({});
    stream_->on_read([&counts = counts_, handler = std::move(handler)](ReadEvent event, Buffer& data) mutable {
      if (event == ReadEvent::data) counts.add(Operation::socket_read, static_cast<std::int64_t>(data.size()));
      handler(event, data);
    });
  }
  void on_writable(Callback then) override { stream_->on_writable(std::move(then)); }
  void shutdown_write() override { stream_->shutdown_write(); }
  void abort() override { stream_->abort(); }

 private:
  const std::unique_ptr<ByteStream> stream_;
  OperationCounts& counts_;
};

}  // namespace

Timer CountedClock::after(Duration delay, Callback then) {
  return clock_.after(delay, [&counts = counts_, then = std::move(then)]() mutable {
    counts.add(Operation::timer, 1);
    then();
  });
}

Handle CountedNetwork::listen(SocketAddress at, AcceptHandler on_accept) {
  return network_.listen(at, [&counts = counts_, on_accept = std::move(on_accept)](AcceptedStream accepted) mutable {
    counts.add(Operation::accept, 1);
    accepted.stream = std::make_unique<CountedStream>(std::move(accepted.stream), counts);
    on_accept(std::move(accepted));
  });
}

Handle CountedNetwork::dial(SocketAddress to, const DialOptions& options, DialHandler then) {
  counts_.add(Operation::dial, 1);
  return network_.dial(
      to, options,
      [&counts = counts_, then = std::move(then)](std::unique_ptr<ByteStream> stream, DialError error) mutable {
        if (stream != nullptr) stream = std::make_unique<CountedStream>(std::move(stream), counts);
        then(std::move(stream), error);
      });
}

}  // namespace meshtwin
