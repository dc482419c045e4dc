// Feeds any bytes, cut anyhow, to both sides of an HTTP/2 connection behind a good preface, and checks what must hold
// whatever comes: each exchange's events in order, nothing after its end, memory within the windows, and that the
// connection closes when its peer does.

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>

#include "mesh/base/random.h"
#include "tests/unit/support/http_script.h"

namespace meshtwin::testing_world {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// One message's events.
template <typename Head>
class Order : public Receiver<Head> {
 public:
  void on_head(std::unique_ptr<Head>, Buffer& data, bool end) override {
    require(state_ == State::before);
    state_ = State::open;
    on_data(data, end);
  }
  void on_data(Buffer&, bool end) override {
    require(state_ == State::open);
    if (end) finish();
  }
  void on_trailers(std::unique_ptr<Headers>) override {
    require(state_ == State::open);
    finish();
  }
  void on_reset(ResetReason) override {
    require(state_ != State::over);
    state_ = State::over;
  }

 protected:
  enum class State { before, open, ended, over };
  virtual void finish() { state_ = State::ended; }
  State state_ = State::before;
};

class Served final : public Order<RequestHead> {
 public:
  explicit Served(ServerExchange& exchange) : exchange_(exchange) {}

 private:
  void finish() override {
    Buffer body(std::string_view("hello"));
    auto head = std::make_unique<ResponseHead>(200);
    head->content_length = 5;
    exchange_.send_head(std::move(head), body, true);
    state_ = State::over;
  }
  ServerExchange& exchange_;
};

class Server final : public ServerHandler {
 public:
  Server(MemoryWorld& world, std::unique_ptr<ByteStream> stream)
      : connection_(real_codecs().http2.serve(world.runtime, std::move(stream), *this, {})) {}
  bool closed() const { return connection_ == nullptr; }

 private:
  RequestReceiver& on_exchange(ServerConnection&, ServerExchange& exchange) override {
    return exchanges_.emplace_back(exchange);
  }
  void on_closed(ServerConnection&) override { connection_ = nullptr; }

  std::deque<Served> exchanges_;
  std::unique_ptr<ServerConnection> connection_;
};

class Client final : public ClientHandler {
 public:
  Client(MemoryWorld& world, std::unique_ptr<ByteStream> stream)
      : connection_(real_codecs().http2.connect(world.runtime, std::move(stream), *this)) {
    static constexpr const char* kMethods[] = {"GET", "HEAD", "POST", "CONNECT"};
    for (const char* method : kMethods) {
      Buffer nothing;
      auto head = make_request(method, "a:80", "/");
      connection_->open(answers_.emplace_back()).send_head(std::move(head), nothing, *method != 'C');
    }
  }
  bool closed() const { return connection_ == nullptr; }

 private:
  void on_available(ClientConnection&) override {}
  void on_closed(ClientConnection&) override { connection_ = nullptr; }

  std::deque<Order<ResponseHead>> answers_;
  std::unique_ptr<ClientConnection> connection_;
};

template <typename Side>
void feed(const std::string& bytes, std::uint64_t cuts) {
  MemoryWorld world;
  auto [near, far] = MemoryStream::pair(world.clock, StreamShape());
  Side side(world, std::move(far));
  RawPeer peer(std::move(near));
  RandomStream random(cuts, "cuts");
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t part = cuts == 0 ? bytes.size() : std::min<std::size_t>(bytes.size() - at, 1 + random.below(60));
    peer.send(bytes.substr(at, part));
    world.clock.run_until(world.clock.now() + kMillisecond);
    at += part;
  }
  require(peer.received.size() < 256 * 1024);  // what it says about 8 KiB of input is bounded
  world.clock.run_until(world.clock.now() + 3 * kSecond);
  peer.abort();
  world.clock.run_until(world.clock.now() + 3 * kSecond);
  require(side.closed());
}

}  // namespace
}  // namespace meshtwin::testing_world

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meshtwin::testing_world;
  if (size < 1 || size > 8192) return 0;
  const std::string settings(9, '\0');
  std::string good = settings;
  good[3] = 4;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  feed<Server>("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + good + bytes, data[0] / 2);
  feed<Client>(good + bytes, data[0] / 2);
  return 0;
}
