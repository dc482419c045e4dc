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

}  // namespace meshtwin
