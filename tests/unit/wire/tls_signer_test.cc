// Handshakes whose private key lives elsewhere, on both wires: they wait for it, and for nothing longer than they may.

#include "mesh/identity/signer.h"

#include "mesh/wire/batch_signer.h"
#include "tests/unit/support/tls_fixture.h"

namespace meshtwin::testing_tls {
namespace {

// Signs when it is told to, or refuses.
class SlowSigner final : public Signer {
 public:
  struct Asked final : Activity {
    ~Asked() override { *there = false; }
    std::shared_ptr<bool> there = std::make_shared<bool>(true);
  };
  explicit SlowSigner(std::shared_ptr<Signer> real) : real_(std::move(real)) {}
  Handle sign(std::string_view digest, SignatureHandler then) override {
    auto asked = std::make_unique<Asked>();
    last = asked->there;
    ++count;
    digest_ = digest;
    then_ = std::move(then);
    return asked;
  }
  void go_on() {
    signing_ = real_->sign(digest_, [this](std::string signature) { then_(std::move(signature)); });
  }
  void refuse() { then_(""); }

  int count = 0;
  std::shared_ptr<bool> last;

 private:
  std::shared_ptr<Signer> real_;
  std::string digest_;
  SignatureHandler then_;
  Handle signing_;
};

class TlsSigner : public Tls {
 protected:
  // A server whose key lives elsewhere.
  std::shared_ptr<SlowSigner> make_slow_server() {
    client_.context = context(credential(*authority_, "frontend"), trust(*authority_));
    auto kept = std::make_shared<Credential>(*credential(*authority_, "backend"));
    auto slow =
        std::make_shared<SlowSigner>(make_batch_signer(world_.runtime, {.poll_delay = kMillisecond}, kept->key_pem));
    kept->signer = slow;
    kept->key_pem.clear();
    server_.context = context(kept, trust(*authority_));
    return slow;
  }
  std::shared_ptr<const Credential> batched(const std::string& account, const KeyProvider& provider) {
    auto made = std::make_shared<Credential>(*credential(*authority_, account));
    made->signer = make_batch_signer(world_.runtime, provider, made->key_pem);
    made->key_pem.clear();
    return made;
  }
};

TEST_P(TlsSigner, AHandshakeWaitsForItsSignature) {
  const auto slow = make_slow_server();
  shake({}, {});
  EXPECT_EQ(slow->count, 1);
  EXPECT_FALSE(client_.secured || server_.secured);
  slow->go_on();
  run();
  ASSERT_TRUE(client_.secured && client_.secured->stream);
  ASSERT_TRUE(server_.secured && server_.secured->stream);
  say(client_, "hello");
  EXPECT_EQ(server_.reader.text, "hello");
}

TEST_P(TlsSigner, ARefusalFailsTheHandshake) {
  const auto slow = make_slow_server();
  shake({}, {});
  slow->refuse();
  run();
  ASSERT_TRUE(server_.secured.has_value());
  EXPECT_EQ(server_.secured->error, TlsError::own_key);
  ASSERT_TRUE(client_.secured.has_value());
  EXPECT_EQ(client_.secured->stream, nullptr);
}

TEST_P(TlsSigner, AHandshakeThatIsGivenUpAsksForNothingMore) {
  const auto slow = make_slow_server();
  shake({}, {});
  EXPECT_TRUE(*slow->last);
  server_.handshake.reset();
  EXPECT_FALSE(*slow->last);
  run();
  ASSERT_TRUE(client_.secured.has_value());
  EXPECT_EQ(client_.secured->stream, nullptr);
}

TEST_P(TlsSigner, OneThatIsTooSlowIsTimedOut) {
  const auto slow = make_slow_server();
  shake({}, {});
  run(20 * kSecond);
  ASSERT_TRUE(server_.secured.has_value());
  EXPECT_EQ(server_.secured->error, TlsError::timed_out);
}

TEST_P(TlsSigner, ABatchSignsWhenItIsFullOrItsTimeHasCome) {
  const KeyProvider provider{.poll_delay = 50 * kMillisecond, .batch = 4};
  client_.context = context(batched("frontend", provider), trust(*authority_));
  server_.context = context(batched("backend", provider), trust(*authority_));
  shake({}, {});
  ASSERT_TRUE(server_.secured && server_.secured->stream);  // alone: after its delay
  std::vector<Party> clients(8);
  std::vector<Party> servers(8);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    auto [near, far] = MemoryStream::pair(world_.clock, world_.shape);
    begin(clients[i], client_.context->connect(std::move(near), {}, answer(clients[i])));
    begin(servers[i], server_.context->accept(std::move(far), {}, answer(servers[i])));
  }
  run(20 * kMillisecond);
  for (const Party& party : servers) ASSERT_TRUE(party.secured && party.secured->stream);  // full: at once
  for (Party& party : clients) say(party, "x");
  for (Party& party : servers) EXPECT_EQ(party.reader.text, "x");
}

INSTANTIATE_TEST_SUITE_P(Wires, TlsSigner, ::testing::Values(Wire::real, Wire::modelled),
                         [](const auto& info) { return info.param == Wire::real ? "OpenSsl" : "Modelled"; });

}  // namespace
}  // namespace meshtwin::testing_tls
