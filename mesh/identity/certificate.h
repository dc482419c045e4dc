#pragma once

// A workload's certificate as the engine handles it: what it says, and, where the wire is real, the X.509 it stands in.
// Checks of what it says (`check_peer`) are the same in both worlds; that its signatures hold is OpenSSL's to find
// where there are any, and `signed_by` says it where there are none.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mesh/base/time.h"
#include "mesh/identity/spiffe_id.h"

namespace meshtwin {

struct CertificateFacts {
  std::string uri;  // the SAN: a SPIFFE ID, if it is one
  std::uint64_t serial = 0;
  Time not_before = 0;  // Unix time in nanoseconds
  Time not_after = 0;
  std::uint64_t signed_by = 0;  // the authority's key, as a number (of its SubjectKeyIdentifier)
};

class Signer;

// A certificate with its key: what a proxy proves its identity with. Shared, immutable.
struct Credential {
  CertificateFacts facts;
  std::string chain_pem;  // leaf first; empty where the wire is modelled
  std::string key_pem;    // likewise; empty too when the key lives behind a signer
  std::shared_ptr<Signer> signer = nullptr;
};

// Whom a proxy trusts: authorities by trust domain. Several while one is rotated out.
struct TrustBundle {
  std::string trust_domain = "cluster.local";
  std::vector<std::uint64_t> authorities;  // CertificateFacts::signed_by
  std::string roots_pem;                   // empty where the wire is modelled
};

enum class PeerProblem {
  none,
  no_certificate,
  untrusted,
  not_yet_valid,
  expired,
  no_identity,
  other_trust_domain,
  wrong_identity
};

// `expected`: identities of which the peer must have one; empty: any of the trust domain.
PeerProblem check_peer(const CertificateFacts& peer, const TrustBundle& trust, const std::vector<std::string>& expected,
                       Time unix_now);
const char* describe(PeerProblem problem);

}  // namespace meshtwin
