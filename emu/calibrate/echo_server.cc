#include "emu/calibrate/echo_server.h"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>

#include "emu/calibrate/process.h"
#include "emu/emu_clock.h"
#include "emu/event_loop.h"
#include "emu/socket_network.h"

namespace meshtwin {

void append_message(Buffer& to, std::size_t bytes) {
  static const auto block = std::make_shared<const std::string>(64 * 1024, 'x');
  while (bytes > 0) {
    const std::size_t part = std::min(bytes, block->size());
    to.append(block, 0, part);
    bytes -= part;
  }
}

void MessageWriter::write(ByteStream& stream, std::size_t bytes) {
  append_message(pending_, bytes);
  flush(stream);
}

void MessageWriter::flush(ByteStream& stream) {
  if (!waits_) stream.write(pending_);
  if (pending_.empty() || waits_) return;
  waits_ = true;
  stream.on_writable([this, &stream] {
    waits_ = false;
    flush(stream);
  });
}

namespace {

class EchoServer {
 public:
  EchoServer(std::size_t bytes, std::atomic<std::uint64_t>& reads) : bytes_(bytes), reads_(reads) {}

  void accept(std::unique_ptr<ByteStream> stream) {
    auto connection = std::make_unique<Connection>();
    Connection& held = *connection;
    held.stream = std::move(stream);
    connections_.emplace(&held, std::move(connection));
    held.stream->on_read([this, &held](ReadEvent event, Buffer& data) { read(held, event, data); });
  }

 private:
  struct Connection {
    std::unique_ptr<ByteStream> stream;
    MessageWriter writer;
    std::size_t received = 0;
  };

  void read(Connection& connection, ReadEvent event, Buffer& data) {
    if (event != ReadEvent::data) {
      connections_.erase(&connection);
      return;
    }
    reads_.fetch_add(1, std::memory_order_relaxed);
    connection.received += data.size();
    for (; connection.received >= bytes_; connection.received -= bytes_)
      connection.writer.write(*connection.stream, bytes_);
  }

  const std::size_t bytes_;
  std::atomic<std::uint64_t>& reads_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
};

}  // namespace

void serve_echoes(const Fd& report, SocketAddress at, std::size_t bytes, std::atomic<std::uint64_t>& reads) {
  EventLoop loop;
  EmuClock clock(loop, 0);
  SocketNetwork network(loop, clock, {});
  EchoServer server(bytes, reads);
  const Handle listener =
      network.listen(at, [&](AcceptedStream accepted) { server.accept(std::move(accepted.stream)); });
  if (listener == nullptr) throw std::runtime_error("listen on " + to_string(at) + ": taken");
  report_value(report, char{1});
  loop.run();
}

}  // namespace meshtwin
