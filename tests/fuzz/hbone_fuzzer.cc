// Two ends of HBONE over HTTP/2 driven by any sequence of what their owners and the connection below may do: tunnels
// opened, taken and refused, bytes, half-closes, pauses, resets, a lost connection; and any bytes in the place of one
// end. Checked: what arrives is the beginning of what was sent, each tunnel ends once, everything closes.

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "mesh/wire/hbone.h"
#include "tests/unit/support/credentials.h"
#include "tests/unit/support/http_script.h"

namespace meshtwin::testing_world {
namespace {

constexpr SocketAddress kProxy{0x0a000002, kHbonePort};

void require(bool holds) {
  if (!holds) std::abort();
}

// One end of a tunnel: says bytes that count up, and checks those it hears.
class End {
 public:
  void attach(std::unique_ptr<ByteStream> stream) {
    stream_ = std::move(stream);
    read();
  }
  void say(std::size_t count) {
    if (stream_ == nullptr || shut_ || gone_) return;
    std::string text(count, '\0');
    for (char& c : text) c = static_cast<char>(said_++ % 251);
    Buffer data{std::string_view(text)};
    stream_->write(data);
    said_ -= data.size();  // what was not taken is said another time
  }
  void shut() {
    if (stream_ == nullptr || gone_ || std::exchange(shut_, true)) return;
    stream_->shutdown_write();
  }
  void pause(bool yes) {
    if (stream_ == nullptr || gone_) return;
    yes ? stream_->on_read({}) : read();
  }
  void abort() {
    if (stream_ == nullptr) return;
    stream_->abort();
    stream_ = nullptr;
    gone_ = true;
  }
  void close() {
    if (stream_ == nullptr) return;
    stream_ = nullptr;
    gone_ = true;
  }
  std::size_t said() const { return said_; }
  std::size_t heard() const { return heard_; }
  bool open() const { return stream_ != nullptr; }

 private:
  void read() {
    if (ended_) return;
    stream_->on_read([this](ReadEvent event, Buffer& data) {
      require(!gone_ && (!ended_ || event == ReadEvent::reset));
      for (const char c : data.to_string()) require(c == static_cast<char>(heard_++ % 251));
      if (event == ReadEvent::end) ended_ = true;
      if (event == ReadEvent::reset) gone_ = true;
    });
  }
  std::unique_ptr<ByteStream> stream_;
  std::size_t said_ = 0;
  std::size_t heard_ = 0;
  bool shut_ = false;
  bool ended_ = false;
  bool gone_ = false;
};

// A peer without the TLS below, so that bytes can be put into its place.
class Taker final : public HboneHandler {
 public:
  void on_tunnel(std::unique_ptr<TunnelOffer> offer) override { offers.push_back(std::move(offer)); }
  void on_closed() override { closed = true; }
  std::deque<std::unique_ptr<TunnelOffer>> offers;
  bool closed = false;
};

void feed_bytes(const std::string& bytes) {
  MemoryWorld world;
  auto [near, far] = MemoryStream::pair(world.clock, StreamShape());
  Taker taker;
  auto server = serve_hbone(world.runtime, std::move(far), "spiffe://a/ns/b/sa/c", real_codecs().http2, taker);
  RawPeer peer(std::move(near));
  std::deque<End> ends;
  std::string good(9, '\0');
  good[3] = 4;
  peer.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + good + bytes);
  for (int i = 0; i < 20; ++i) {
    world.clock.run_until(world.clock.now() + kMillisecond);
    while (!taker.offers.empty()) {
      if (i % 2 == 0) {
        ends.emplace_back().attach(taker.offers.front()->accept());
        ends.back().pause(true);
        ends.back().say(100);
      } else {
        taker.offers.front()->refuse(503);
      }
      taker.offers.pop_front();
    }
  }
  peer.abort();
  world.clock.run_until(world.clock.now() + 3 * kSecond);
  require(taker.closed);
  server = nullptr;
}

struct Pair {
  Handle opening;
  End near;
  std::unique_ptr<End> far = std::make_unique<End>();  // of the last offer: one that was lost unanswered comes again
};

// Of what a step may be; the rest of its byte says on which tunnel.
enum class Step : std::uint8_t { open, take, refuse, say, answer, shut, shut_far, pause, go_on, abort, close, lose };
constexpr std::uint8_t kSteps = 12;

class Play {
 public:
  explicit Play(TestIdentities& identities, MemoryWorld& world) : world_(world) {
    client_ = identities.context("frontend");
    server_ = identities.context("backend");
    pool_ = make_hbone_pool(world.runtime, world.pod(0x0a000001), real_codecs().http2, *client_);
    listening_ = world.pod(kProxy.ip).listen({0, kProxy.port}, [this](AcceptedStream accepted) {
      TlsServerOptions options;
      options.alpn = {"h2"};
      handshakes_.push_back(server_->accept(std::move(accepted.stream), options, [this](SecuredStream secured) {
        if (secured.stream == nullptr) return;
        connections_.push_back(
            serve_hbone(world_.runtime, std::move(secured.stream), secured.peer_identity, real_codecs().http2, taker_));
      }));
    });
  }
  void step(std::uint8_t byte) {
    const auto what = static_cast<Step>(byte % kSteps);
    if (what == Step::open || pairs_.empty()) return open();
    Pair& pair = pairs_[byte / kSteps % pairs_.size()];
    switch (what) {
      case Step::open:
        break;
      case Step::take:
        if (!taker_.offers.empty()) take();
        break;
      case Step::refuse:
        if (!taker_.offers.empty()) taker_.offers.front()->refuse(503), taker_.offers.pop_front();
        break;
      case Step::say:
        return pair.near.say(1 + byte * 37U);
      case Step::answer:
        return pair.far->say(1 + byte * 53U);
      case Step::shut:
        return pair.near.shut();
      case Step::shut_far:
        return pair.far->shut();
      case Step::pause:
        return pair.near.pause(true), pair.far->pause(true);
      case Step::go_on:
        return pair.near.pause(false), pair.far->pause(false);
      case Step::abort:
        return byte & 1 ? pair.near.abort() : pair.far->abort();
      case Step::close:
        return byte & 1 ? pair.near.close() : pair.far->close();
      case Step::lose:
        if (byte > 200) connections_.clear();
        break;
    }
  }
  void run(Duration time) { world_.clock.run_until(world_.clock.now() + time); }
  void check() const {
    for (const Pair& pair : pairs_) {
      require(pair.far->heard() <= pair.near.said());
      require(pair.near.heard() <= pair.far->said());
    }
  }

 private:
  void open() {
    if (pairs_.size() >= 6) return;
    Pair& pair = pairs_.emplace_back();
    TunnelRequest request;
    request.proxy = kProxy;
    request.expected = {TestIdentities::name_of("backend")};
    request.authority = "10.0.0.9:" + std::to_string(pairs_.size());
    pair.opening = pool_->open(std::move(request), [&pair](OpenedTunnel opened) {
      require((opened.stream == nullptr) == (opened.error != TunnelError::none));
      if (opened.stream != nullptr) pair.near.attach(std::move(opened.stream));
    });
  }
  void take() {
    const auto authority = std::string(taker_.offers.front()->request().authority());
    Pair& pair = pairs_[std::stoul(authority.substr(authority.find(':') + 1)) - 1];
    pair.far = std::make_unique<End>();
    pair.far->attach(taker_.offers.front()->accept());
    taker_.offers.pop_front();
  }

  MemoryWorld& world_;
  std::unique_ptr<TlsContext> client_;
  std::unique_ptr<TlsContext> server_;
  Taker taker_;
  std::deque<Pair> pairs_;
  std::unique_ptr<HbonePool> pool_;
  std::deque<Handle> handshakes_;
  std::deque<std::unique_ptr<HboneConnection>> connections_;
  Handle listening_;
};

}  // namespace
}  // namespace meshtwin::testing_world

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meshtwin::testing_world;
  if (size < 2 || size > 4096) return 0;
  if (data[0] % 4 == 0) {
    feed_bytes(std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
    return 0;
  }
  MemoryWorld world;
  world.shape = {.buffer = 1000U + data[0] * 100U};
  TestIdentities identities(world, meshtwin::Wire::modelled);
  Play play(identities, world);
  for (std::size_t i = 1; i < std::min<std::size_t>(size, 200); ++i) {
    play.step(data[i]);
    play.run(data[i] % 3 * meshtwin::kMillisecond);
  }
  play.run(50 * meshtwin::kSecond);  // what was left to send is given up by then
  play.check();
  return 0;
}
