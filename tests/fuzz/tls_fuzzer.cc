// TLS records, fed anyhow: any bytes in the place of a peer, to a client and to a server; and a good conversation in
// which any bytes on the wire are changed, dropped, doubled or cut. Checked: nobody is given a stream whose peer did
// not prove its identity, and whoever is given one hears a beginning of what was said to it, unchanged.

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "tests/unit/support/credentials.h"
#include "tests/unit/support/http_script.h"

namespace meshtwin::testing_world {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr const char* kSaid = "what the one says to the other, in so many words that it is more than a block";

struct Party {
  std::optional<SecuredStream> secured;
  Handle handshake;
  std::string heard;
  bool over = false;

  SecuredHandler answer(const std::string& expected) {
    return [this, expected](SecuredStream got) {
      require(!secured.has_value());
      require((got.stream == nullptr) == (got.error != TlsError::none));
      secured = std::move(got);
      if (secured->stream == nullptr) return;
      require(secured->peer_identity == expected);
      secured->stream->on_read([this](ReadEvent event, Buffer& data) {
        require(!over);
        heard += data.to_string();
        over = event != ReadEvent::data;
      });
      Buffer data{std::string_view(kSaid)};
      secured->stream->write(data);
    };
  }
};

struct Identities {
  MemoryWorld world;
  TestIdentities made{world, Wire::real};
  // Longer than all inputs together take in virtual time.
  std::unique_ptr<TlsContext> client = made.context("frontend", 3000 * 24 * 3600 * kSecond);
  std::unique_ptr<TlsContext> server = made.context("backend", 3000 * 24 * 3600 * kSecond);
};

TlsServerOptions server_options() {
  TlsServerOptions options;
  options.alpn = {"h2", "http/1.1"};
  return options;
}
TlsClientOptions client_options() {
  TlsClientOptions options;
  options.alpn = {"h2"};
  options.expected = {TestIdentities::name_of("backend")};
  return options;
}

// Any bytes in the place of a peer.
void feed(Identities& all, const std::string& bytes, bool to_server) {
  MemoryWorld& world = all.world;
  auto [near, far] = MemoryStream::pair(world.clock, StreamShape());
  Party party;
  party.handshake = to_server ? all.server->accept(std::move(far), server_options(), party.answer("nobody"))
                              : all.client->connect(std::move(far), client_options(), party.answer("nobody"));
  RawPeer peer(std::move(near));
  peer.send(bytes);
  world.clock.run_until(world.clock.now() + kSecond);
  peer.shutdown();
  world.clock.run_until(world.clock.now() + 20 * kSecond);
  require(party.secured.has_value() && party.secured->stream == nullptr);
}

// Stands between the two, and does to the bytes what the input says.
class Meddler {
 public:
  Meddler(std::unique_ptr<ByteStream> from, std::unique_ptr<ByteStream> to, const std::uint8_t* moves,
          std::size_t count)
      : from_(std::move(from)), to_(std::move(to)), moves_(moves), count_(count) {
    pass(*from_, *to_);
    pass(*to_, *from_);
  }
  bool touched() const { return touched_; }

 private:
  // Three bytes a move: how far on, what, with what.
  void pass(ByteStream& in, ByteStream& out) {
    in.on_read([this, &out](ReadEvent event, Buffer& data) {
      if (event == ReadEvent::end) return out.shutdown_write();
      if (event == ReadEvent::reset) return out.abort();
      std::string text = data.to_string();
      seen_ += text.size();
      while (at_ + 2 < count_ && seen_ >= due_ + moves_[at_] * 16U && !text.empty()) {
        due_ = seen_;
        meddle(text, moves_[at_ + 1], moves_[at_ + 2]);
        at_ += 3;
      }
      Buffer changed{std::string_view(text)};
      if (!text.empty()) out.write(changed);
    });
  }
  void meddle(std::string& text, std::uint8_t what, std::uint8_t with) {
    const std::size_t where = with * text.size() / 256;
    switch (what % 5) {
      case 0:
        text[where] = static_cast<char>(text[where] ^ (what / 5 + 1));
        touched_ = true;
        return;
      case 1:
        text.erase(where, 1 + what / 5U);
        touched_ = true;
        return;
      case 2:
        text.insert(where, text.substr(where, 1 + what / 5U));
        touched_ = true;
        return;
      case 3:
        text.resize(where);
        touched_ = true;
        return;
      default:
        return;  // let it be
    }
  }

  std::unique_ptr<ByteStream> from_;
  std::unique_ptr<ByteStream> to_;
  const std::uint8_t* moves_;
  const std::size_t count_;
  std::size_t at_ = 0;
  std::size_t seen_ = 0;
  std::size_t due_ = 0;
  bool touched_ = false;
};

void meddle(Identities& all, const std::uint8_t* data, std::size_t size) {
  MemoryWorld& world = all.world;
  auto [a, b] = MemoryStream::pair(world.clock, {.read_at_most = 1 + data[0] * 8U});
  auto [c, d] = MemoryStream::pair(world.clock, StreamShape());
  Party client;
  Party server;
  Meddler meddler(std::move(b), std::move(c), data + 1, size - 1);
  client.handshake =
      all.client->connect(std::move(a), client_options(), client.answer(TestIdentities::name_of("backend")));
  server.handshake =
      all.server->accept(std::move(d), server_options(), server.answer(TestIdentities::name_of("frontend")));
  world.clock.run_until(world.clock.now() + 15 * kSecond);
  for (const Party* party : {&client, &server}) {
    require(party->secured.has_value());  // each handshake is over in its time, one way or the other
    require(std::string(kSaid).starts_with(party->heard));
    require(meddler.touched() || party->heard == kSaid);
  }
}

}  // namespace
}  // namespace meshtwin::testing_world

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meshtwin::testing_world;
  static Identities all;
  if (size < 2 || size > 8192) return 0;
  if (data[0] % 4 == 0) {
    feed(all, std::string(reinterpret_cast<const char*>(data) + 1, size - 1), data[0] % 8 == 0);
  } else {
    meddle(all, data, size);
  }
  return 0;
}
