#include "mesh/proxy/proxy_context.h"

#include "mesh/runtime/chance.h"

namespace meshtwin {

const HttpCodecs& codecs_of(Wire wire) {
  return wire == Wire::real ? real_codecs() : modelled_codecs();
}

ProxyContext make_proxy_context(const RoleSurroundings& surroundings, const std::string& node_id, std::uint32_t place,
                                TlsContext* tls, HbonePool* tunnels) {
  Chance& chance = surroundings.runtime.chance;
  return {surroundings.runtime,
          surroundings.network,
          surroundings.recorder,
          codecs_of(surroundings.wire),
          place,
          surroundings.pod_of_ip,
          node_id,
          chance.stream("retry/" + node_id),
          chance.stream("request-id/" + node_id),
          chance.stream("trace/" + node_id),
          chance.stream("route"),
          chance.stream("route/" + node_id),
          tls,
          tunnels};
}

}  // namespace meshtwin
