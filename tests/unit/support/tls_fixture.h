#pragma once

// Two parties that meet over TLS, by OpenSSL or by the model of it, over memory streams in virtual time.

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "mesh/identity/authority.h"
#include "mesh/wire/tls.h"
#include "tests/unit/support/memory_world.h"

namespace meshtwin::testing_tls {

using testing_world::MemoryStream;
using testing_world::MemoryWorld;

constexpr Duration kDay = 24 * 3600 * kSecond;

// What one side has seen of its secured stream.
struct Reader {
  std::string text;  // real bytes, and '\0' for virtual ones
  std::size_t bytes = 0;
  bool ended = false;
  bool reset = false;

  void read(ByteStream& stream) {
    stream.on_read([this](ReadEvent event, Buffer& data) {
      if (event == ReadEvent::end) ended = true;
      if (event == ReadEvent::reset) reset = true;
      bytes += data.size();
      if (bytes < 100000) text += data.to_string();
    });
  }
};

class Tls : public ::testing::TestWithParam<Wire> {
 protected:
  struct Party {
    std::unique_ptr<TlsContext> context;
    std::optional<SecuredStream> secured;
    Handle handshake;
    Reader reader;
    std::int64_t told = 0;
  };

  Wire wire() const { return GetParam(); }
  Time unix_now() const { return world_.clock.unix_zero() + world_.clock.now(); }

  std::unique_ptr<CertificateAuthority> make_authority(std::uint64_t key) {
    if (wire() == Wire::real) return make_x509_authority("cluster.local", unix_now());
    return make_modelled_authority("cluster.local", key);
  }

  std::shared_ptr<const Credential> credential(CertificateAuthority& authority, const std::string& account,
                                               Duration lifetime = kDay, const std::string& domain = "cluster.local") {
    const SpiffeId id{domain, "default", account};
    auto made = std::make_shared<Credential>();
    CertificateRequest request;
    if (wire() == Wire::real) request = make_certificate_request(id);
    IssuedCertificate issued = authority.issue(request.request_pem, id, unix_now(), lifetime);
    made->facts = issued.facts;
    made->chain_pem = issued.chain_pem;
    made->key_pem = request.key_pem;
    return made;
  }
  std::shared_ptr<const TrustBundle> trust(const CertificateAuthority& authority) {
    return std::make_shared<TrustBundle>(authority.trust());
  }
  std::unique_ptr<TlsContext> context(std::shared_ptr<const Credential> own,
                                      std::shared_ptr<const TrustBundle> trusted) {
    return make_tls_context(wire(), world_.runtime, std::move(own), std::move(trusted));
  }

  void make_parties() {
    client_.context = context(credential(*authority_, "frontend"), trust(*authority_));
    server_.context = context(credential(*authority_, "backend"), trust(*authority_));
  }

  // Both handshakes over a new connection, until nothing more happens (or a second is over).
  void shake(const TlsClientOptions& client = {}, const TlsServerOptions& server = {}) {
    auto [near, far] = MemoryStream::pair(world_.clock, world_.shape, &world_.wire);
    begin(client_, client_.context->connect(std::move(near), client, answer(client_)));
    begin(server_, server_.context->accept(std::move(far), server, answer(server_)));
    run();
  }
  SecuredHandler answer(Party& party) {
    party.secured.reset();
    party.reader = Reader();
    return [&party](SecuredStream secured) {
      ++party.told;
      party.secured = std::move(secured);
      if (party.secured->stream != nullptr) party.reader.read(*party.secured->stream);
    };
  }
  static void begin(Party& party, Handle handshake) { party.handshake = std::move(handshake); }
  void run(Duration length = kSecond) { world_.clock.run_until(world_.clock.now() + length); }
  ByteStream& stream(Party& party) { return *party.secured->stream; }
  void say(Party& party, const std::string& text) {
    Buffer data{std::string_view(text)};
    stream(party).write(data);
    EXPECT_TRUE(data.empty());
    run();
  }

  struct Meeting {
    const char* name;
    std::shared_ptr<const Credential> client, server;
    std::shared_ptr<const TrustBundle> client_trust, server_trust;
    TlsClientOptions options;
    PeerProblem seen_by_client, seen_by_server;
  };

  void check_refused(const Meeting& row) {
    SCOPED_TRACE(row.name);
    client_.context = context(row.client, row.client_trust);
    server_.context = context(row.server, row.server_trust);
    shake(row.options);
    ASSERT_TRUE(client_.secured && server_.secured);
    EXPECT_EQ(server_.secured->stream, nullptr);
    if (row.seen_by_client != PeerProblem::none) {
      EXPECT_EQ(client_.secured->error, TlsError::bad_certificate);
      EXPECT_EQ(client_.secured->peer_problem, row.seen_by_client);
      EXPECT_EQ(server_.secured->error, TlsError::peer_refused) << server_.secured->detail;
    } else {
      EXPECT_EQ(server_.secured->error, TlsError::bad_certificate);
      EXPECT_EQ(server_.secured->peer_problem, row.seen_by_server);
      // In TLS 1.3 the client is done before the server has looked: it hears of it when it reads.
      ASSERT_NE(client_.secured->stream, nullptr);
      EXPECT_TRUE(client_.reader.reset);
      EXPECT_EQ(client_.reader.bytes, 0u);
    }
  }

  MemoryWorld world_;
  std::unique_ptr<CertificateAuthority> authority_ = make_authority(1);
  Party client_;
  Party server_;
};

}  // namespace meshtwin::testing_tls
