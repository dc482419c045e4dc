// Feeds any bytes, cut anyhow, to both sides of an HTTP/1.1 connection, and checks what must hold whatever comes:
// events in order, no more than one answer, nothing after an end, the same events however the bytes are cut.

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "mesh/base/random.h"
#include "tests/unit/support/http_script.h"

namespace meshtwin::testing_world {
namespace {

// The order of one message's events; aborts when it is broken.
class Order {
 public:
  void head(bool end) {
    require(state_ == State::before);
    state_ = end ? State::ended : State::open;
  }
  void data(bool end, std::size_t size) {
    require(state_ == State::open && (end || size > 0));
    if (end) state_ = State::ended;
  }
  void reset() {
    require(state_ != State::reset);
    state_ = State::reset;
  }

 private:
  enum class State { before, open, ended, reset };
  static void require(bool holds) {
    if (!holds) std::abort();
  }
  State state_ = State::before;
};

std::string feed_server(const std::string& bytes, std::uint64_t cuts) {
  MemoryWorld world;
  auto [near, far] = MemoryStream::pair(world.clock, StreamShape());
  ScriptServer server(world, http1_codec(), std::move(far));
  server.on_request_ended = [](ServerExchange& exchange) {
    Buffer nothing;
    exchange.send_head(std::make_unique<ResponseHead>(200), nothing, true);
  };
  RawPeer client(std::move(near));
  RandomStream random(cuts, "cuts");
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t part = cuts == 0 ? bytes.size() : std::min<std::size_t>(bytes.size() - at, 1 + random.below(40));
    client.send(bytes.substr(at, part));
    world.clock.run_until(world.clock.now() + kMillisecond);
    at += part;
  }
  world.clock.run_until(world.clock.now() + 3 * kSecond);
  return server.log.text();
}

class OrderedClient final : public ClientHandler, public ResponseReceiver {
 public:
  OrderedClient(MemoryWorld& world, std::unique_ptr<ByteStream> stream, bool head_request)
      : connection_(http1_codec().connect(world.runtime, std::move(stream), *this)) {
    Buffer nothing;
    connection_->open(*this).send_head(make_request(head_request ? "HEAD" : "GET", "a", "/"), nothing, true);
  }
  void on_head(std::unique_ptr<ResponseHead>, Buffer& data, bool end) override {
    order_.head(end);
    received += data.size();
  }
  void on_data(Buffer& data, bool end) override {
    order_.data(end, data.size());
    received += data.size();
  }
  void on_reset(ResetReason) override { order_.reset(); }
  void on_available(ClientConnection&) override {}
  void on_closed(ClientConnection&) override { connection_ = nullptr; }

  std::size_t received = 0;

 private:
  Order order_;
  std::unique_ptr<ClientConnection> connection_;
};

std::size_t feed_client(const std::string& bytes, bool head_request, std::size_t read_at_most) {
  MemoryWorld world;
  auto [near, far] = MemoryStream::pair(world.clock, {.read_at_most = read_at_most});
  OrderedClient client(world, std::move(near), head_request);
  RawPeer server(std::move(far));
  server.send(bytes);
  world.clock.run_until(kSecond);
  server.shutdown();
  world.clock.run_until(3 * kSecond);
  return client.received;
}

void run(const std::string& bytes, std::uint64_t seed) {
  const std::string whole = feed_server(bytes, 0);
  if (feed_server(bytes, seed | 1) != whole) std::abort();
  const std::size_t received = feed_client(bytes, seed % 2 == 0, 0);
  if (received > bytes.size() || feed_client(bytes, seed % 2 == 0, 1 + seed % 13) != received) std::abort();
}

}  // namespace
}  // namespace meshtwin::testing_world

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 8192) return 0;
  meshtwin::testing_world::run(std::string(reinterpret_cast<const char*>(data) + 1, size - 1), data[0]);
  return 0;
}
