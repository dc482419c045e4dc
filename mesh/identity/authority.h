#pragma once

// Signs workloads' certificates. The real one is an X.509 authority with a self-signed root of its own; the modelled
// one gives the same facts for nothing, so that a simulated run need not compute a thousand keys.

#include <cstdint>
#include <memory>
#include <string>

#include "mesh/identity/certificate.h"

namespace meshtwin {

// Before the moment it is signed, so that clocks which differ a little accept it at once. Istio's value.
inline constexpr Duration kClockSkew = 120 * kSecond;

struct IssuedCertificate {
  CertificateFacts facts;  // not_after 0: the request was no good
  std::string chain_pem;
};

class CertificateAuthority {
 public:
  virtual ~CertificateAuthority() = default;
  virtual TrustBundle trust() const = 0;
  // For the key of that certificate signing request (PEM; empty on a modelled wire), whatever it asks for: who the
  // asker is, is the caller's to know.
  virtual IssuedCertificate issue(const std::string& request_pem, const SpiffeId& identity, Time unix_now,
                                  Duration lifetime) = 0;
};

std::unique_ptr<CertificateAuthority> make_x509_authority(const std::string& trust_domain, Time unix_now);
std::unique_ptr<CertificateAuthority> make_modelled_authority(const std::string& trust_domain, std::uint64_t key);

// A fresh P-256 key and the request for a certificate that goes with it.
struct CertificateRequest {
  std::string key_pem;
  std::string request_pem;
};
CertificateRequest make_certificate_request(const SpiffeId& identity);

// How long such a request is in PEM, without making one: what a modelled one takes on the wire.
std::size_t certificate_request_size(const SpiffeId& identity);
// Likewise the DER of a leaf certificate, as it stands in a TLS handshake, and the PEM of a chain of leaf and root.
std::size_t certificate_der_size(const std::string& uri);
std::size_t certificate_chain_size(const std::string& uri);

}  // namespace meshtwin
