#pragma once

// Reads a chain as an authority gives it.

#include "mesh/identity/certificate.h"

namespace meshtwin {

// Fills the credential's facts from the first certificate of its chain, and the bundle from the last, which is the
// root. False: the chain cannot be read, or has no SPIFFE ID.
bool read_chain_facts(Credential& credential, TrustBundle& trust);

}  // namespace meshtwin
