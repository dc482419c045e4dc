#pragma once

// Keeps a proxy's credentials: one for each identity it acts for, asked of the control plane's authority and renewed at
// half of its lifetime. Keys are made here and never leave. While the authority cannot be reached, what there is stays
// in use, and it is asked again with back-off.

#include <memory>
#include <string>

#include "mesh/base/function.h"
#include "mesh/base/socket_address.h"
#include "mesh/base/time.h"
#include "mesh/identity/certificate.h"
#include "mesh/wire/batch_signer.h"

namespace meshtwin {

class Network;
struct Runtime;

struct CertificateClientOptions {
  std::string node_id;  // names its random stream
  SocketAddress authority;
  bool modelled_wire = false;
  Duration lifetime = 24 * 3600 * kSecond;  // asked for
  double renewal_jitter = 0.01;             // renewed at (0.5 +- this) of the lifetime; a ztunnel has none
  KeyProvider key_provider = {};
};

class CertificateClient {
 public:
  using Changed =
      Function<void(std::shared_ptr<const Credential> credential, std::shared_ptr<const TrustBundle> trust)>;

  CertificateClient(Runtime& runtime, Network& network, CertificateClientOptions options);
  ~CertificateClient();

  // From now on; `changed` is told of the first credential and of each that follows it.
  void want(const SpiffeId& identity, Changed changed);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace meshtwin
