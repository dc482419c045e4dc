#include "mesh/identity/certificate.h"

#include <algorithm>

namespace meshtwin {

PeerProblem check_peer(const CertificateFacts& peer, const TrustBundle& trust, const std::vector<std::string>& expected,
                       Time unix_now) {
  const auto& authorities = trust.authorities;
  if (std::find(authorities.begin(), authorities.end(), peer.signed_by) == authorities.end()) {
    return PeerProblem::untrusted;
  }
  if (unix_now < peer.not_before) return PeerProblem::not_yet_valid;
  if (unix_now >= peer.not_after) return PeerProblem::expired;
  const std::optional<SpiffeId> id = parse_spiffe_id(peer.uri);
  if (!id.has_value()) return PeerProblem::no_identity;
  if (id->trust_domain != trust.trust_domain) return PeerProblem::other_trust_domain;
  if (!expected.empty() && std::find(expected.begin(), expected.end(), peer.uri) == expected.end()) {
    return PeerProblem::wrong_identity;
  }
  return PeerProblem::none;
}

const char* describe(PeerProblem problem) {
  switch (problem) {
    case PeerProblem::none:
      return "none";
    case PeerProblem::no_certificate:
      return "the peer showed no certificate";
    case PeerProblem::untrusted:
      return "the peer's certificate is signed by no authority that is trusted";
    case PeerProblem::not_yet_valid:
      return "the peer's certificate is not valid yet";
    case PeerProblem::expired:
      return "the peer's certificate has expired";
    case PeerProblem::no_identity:
      return "the peer's certificate names no SPIFFE ID";
    case PeerProblem::other_trust_domain:
      return "the peer is of another trust domain";
    case PeerProblem::wrong_identity:
      return "the peer has another identity than was expected";
  }
  return "unknown";
}

}  // namespace meshtwin
