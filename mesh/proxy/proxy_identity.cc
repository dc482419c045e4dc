#include "mesh/proxy/proxy_identity.h"

#include <utility>

namespace meshtwin {

ProxyIdentity::ProxyIdentity(const RoleSurroundings& surroundings, const std::string& node_id, SocketAddress authority,
                             const KeyProvider& key_provider)
    : tls_(make_tls_context(surroundings.wire, surroundings.runtime, nullptr, nullptr)),
      certificates_(surroundings.runtime, surroundings.network,
                    {.node_id = node_id,
                     .authority = authority,
                     .modelled_wire = surroundings.wire == Wire::modelled,
                     .key_provider = key_provider}) {}

void ProxyIdentity::start(const SpiffeId& identity, Callback on_first) {
  on_first_ = std::move(on_first);
  certificates_.want(identity,
                     [this](std::shared_ptr<const Credential> credential, std::shared_ptr<const TrustBundle> trust) {
                       tls_->update(std::move(credential), std::move(trust));
                       if (!on_first_) return;
                       Callback first = std::move(on_first_);
                       on_first_ = {};
                       first();
                     });
}

}  // namespace meshtwin
