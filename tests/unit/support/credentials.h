#pragma once

// An authority and the credentials it signs, on either wire.

#include <memory>
#include <string>

#include "mesh/identity/authority.h"
#include "mesh/wire/tls.h"
#include "tests/unit/support/memory_world.h"

namespace meshtwin::testing_world {

class TestIdentities {
 public:
  TestIdentities(MemoryWorld& world, Wire wire)
      : world_(world),
        wire_(wire),
        authority_(wire == Wire::real ? make_x509_authority("cluster.local", now())
                                      : make_modelled_authority("cluster.local", 1)) {}

  std::unique_ptr<TlsContext> context(const std::string& account, Duration lifetime = 24 * 3600 * kSecond) {
    const SpiffeId id{"cluster.local", "default", account};
    auto made = std::make_shared<Credential>();
    CertificateRequest request;
    if (wire_ == Wire::real) request = make_certificate_request(id);
    IssuedCertificate issued = authority_->issue(request.request_pem, id, now(), lifetime);
    made->facts = issued.facts;
    made->chain_pem = issued.chain_pem;
    made->key_pem = request.key_pem;
    return make_tls_context(wire_, world_.runtime, std::move(made), std::make_shared<TrustBundle>(authority_->trust()));
  }
  static std::string name_of(const std::string& account) { return "spiffe://cluster.local/ns/default/sa/" + account; }

 private:
  Time now() const { return world_.clock.unix_zero() + world_.clock.now(); }

  MemoryWorld& world_;
  const Wire wire_;
  std::unique_ptr<CertificateAuthority> authority_;
};

}  // namespace meshtwin::testing_world
