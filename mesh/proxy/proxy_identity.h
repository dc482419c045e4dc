#pragma once

// A proxy's one identity: the certificate it asks the control plane's authority for, kept fresh, and the TLS context
// that shows it. Before the first certificate has come every handshake fails.

#include <memory>

#include "mesh/base/function.h"
#include "mesh/control/certificate_client.h"
#include "mesh/identity/spiffe_id.h"
#include "mesh/runtime/role.h"
#include "mesh/wire/tls.h"

namespace meshtwin {

class ProxyIdentity {
 public:
  ProxyIdentity(const RoleSurroundings& surroundings, const std::string& node_id, SocketAddress authority,
                const KeyProvider& key_provider);

  // `on_first` is called once, when there is a certificate.
  void start(const SpiffeId& identity, Callback on_first);
  TlsContext& tls() { return *tls_; }

 private:
  const std::unique_ptr<TlsContext> tls_;
  CertificateClient certificates_;
  Callback on_first_;
};

}  // namespace meshtwin
