#include "mesh/proxy/waypoint_proxy.h"

#include <utility>

#include "mesh/proxy/mesh_metrics.h"

namespace meshtwin {

WaypointProxy::WaypointProxy(ProxyContext& context)
    : context_(context),
      store_(context),
      http_(context),
      relays_(context),
      sorter_(context, store_, relays_),
      hbone_(context, context.network, *context.tls,
             [this](std::unique_ptr<TunnelOffer> offer, SocketAddress peer) { on_tunnel(std::move(offer), peer); }) {}

void WaypointProxy::on_tunnel(std::unique_ptr<TunnelOffer> offer, SocketAddress peer) {
  const SocketAddress asked = parse_socket_address(offer->request().authority());
  if (asked.port == 0) {
    offer->refuse(400);
    return;
  }
  ConfigStore::Match match = store_.match(asked);
  MetricPeer* const source =
      context_.metrics == nullptr ? nullptr : &context_.metrics->source(peer.ip, offer->peer_identity());
  if (match.tcp_routes != nullptr && match.routes == nullptr) {
    const auto otherwise = [this, source, upstream = match.tcp_upstream](std::unique_ptr<ByteStream> stream) {
      relays_.to_cluster(std::move(stream), upstream, source);  // none: it is reset
    };
    sorter_.sort(offer->accept(), std::move(match.tcp_routes), asked, source, otherwise);
  } else if (match.routes != nullptr) {
    ConnectionFacts facts{peer, asked, offer->peer_identity()};
    facts.source = source;
    http_.serve(offer->accept(), context_.codecs.detect, std::move(facts), std::move(match.routes), nullptr);
  } else if (match.is_tcp && match.tcp_upstream != nullptr) {
    relays_.to_cluster(offer->accept(), std::move(match.tcp_upstream), source);
  } else {
    offer->refuse(503);  // no service of this waypoint's
  }
}

}  // namespace meshtwin
