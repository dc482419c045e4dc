#include "mesh/identity/authority.h"

namespace meshtwin {
namespace {

// Sizes of what x509_authority.cc makes, beyond the identity's own text; tests hold them to it.
constexpr std::size_t kLeafDer = 373;
constexpr std::size_t kRequestDer = 225;
constexpr std::size_t kRootDer = 359;

// Base 64 in lines of 64 characters, between a begin and an end line.
std::size_t pem_size(std::size_t der, std::size_t label) {
  const std::size_t characters = (der + 2) / 3 * 4;
  return characters + (characters + 63) / 64 + 2 * (16 + label) + 1;
}

class ModelledAuthority final : public CertificateAuthority {
 public:
  ModelledAuthority(const std::string& trust_domain, std::uint64_t key) : trust_domain_(trust_domain), key_(key) {}

  TrustBundle trust() const override { return {trust_domain_, {key_}, {}}; }
  IssuedCertificate issue(const std::string&, const SpiffeId& identity, Time unix_now, Duration lifetime) override {
    return {{to_string(identity), ++last_serial_, unix_now - kClockSkew, unix_now + lifetime, key_}, {}};
  }

 private:
  const std::string trust_domain_;
  const std::uint64_t key_;
  std::uint64_t last_serial_ = 0;
};

}  // namespace

std::unique_ptr<CertificateAuthority> make_modelled_authority(const std::string& trust_domain, std::uint64_t key) {
  return std::make_unique<ModelledAuthority>(trust_domain, key);
}

std::size_t certificate_der_size(const std::string& uri) {
  return kLeafDer + uri.size();
}

std::size_t certificate_request_size(const SpiffeId& identity) {
  return pem_size(kRequestDer + to_string(identity).size(), std::string("CERTIFICATE REQUEST").size());
}

std::size_t certificate_chain_size(const std::string& uri) {
  const std::size_t label = std::string("CERTIFICATE").size();
  return pem_size(certificate_der_size(uri), label) + pem_size(kRootDer, label);
}

}  // namespace meshtwin
