#pragma once

// Reads what proves an identity: a chain as an authority gives it, or the files of an operator.

#include <string>

#include "mesh/identity/certificate.h"

namespace meshtwin {

// Fills the credential's facts from the first certificate of its chain, and the bundle from the last, which is the
// root. False: the chain cannot be read, or has no SPIFFE ID.
bool read_chain_facts(Credential& credential, TrustBundle& trust);

// A credential and a bundle from PEM as operators keep them: a chain without its root, its key, and one or more roots.
// What is wrong with them, as a clause; empty: nothing, and both are filled.
std::string assemble_identity(const std::string& chain_pem, const std::string& key_pem, const std::string& roots_pem,
                              Credential& credential, TrustBundle& trust);

}  // namespace meshtwin
