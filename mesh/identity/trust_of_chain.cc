#include "mesh/identity/trust_of_chain.h"

#include <stdexcept>

#include "mesh/identity/x509.h"

namespace meshtwin {

bool read_chain_facts(Credential& credential, TrustBundle& trust) {
  try {
    const std::vector<X509Ptr> chain = read_chain(credential.chain_pem);
    credential.facts = facts_of(*chain.front());
    const std::optional<SpiffeId> id = parse_spiffe_id(credential.facts.uri);
    if (!id.has_value()) return false;
    trust.trust_domain = id->trust_domain;
    trust.authorities = {authority_number(*chain.back())};
    trust.roots_pem = to_pem(*chain.back());
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::string assemble_identity(const std::string& chain_pem, const std::string& key_pem, const std::string& roots_pem,
                              Credential& credential, TrustBundle& trust) {
  const char* reading = "the certificate";
  try {
    const std::vector<X509Ptr> chain = read_chain(chain_pem);
    credential.facts = facts_of(*chain.front());
    const std::optional<SpiffeId> id = parse_spiffe_id(credential.facts.uri);
    if (!id.has_value()) return "the certificate names no spiffe://DOMAIN/ns/NAMESPACE/sa/ACCOUNT";
    trust.trust_domain = id->trust_domain;
    reading = "the key";
    if (X509_check_private_key(chain.front().get(), read_key(key_pem).get()) != 1)
      return "the key is not the certificate's";
    reading = "the roots";
    for (const X509Ptr& root : read_chain(roots_pem)) trust.authorities.push_back(authority_number(*root));
  } catch (const std::runtime_error& error) {
    return std::string(reading) + " cannot be read: " + error.what();
  }
  credential.chain_pem = chain_pem;
  credential.key_pem = key_pem;
  trust.roots_pem = roots_pem;
  return {};
}

}  // namespace meshtwin
