#pragma once

// Connections of a listener that has TCP routes: each goes to a cluster of the route that takes it. Where the routes go
// by server name, what the client sends first is looked at, and left for whom it is passed to.

#include <memory>

#include "mesh/proxy/config_store.h"
#include "mesh/proxy/relays.h"
#include "mesh/wire/owned_set.h"

namespace meshtwin {

class TcpSorter {
 public:
  using Otherwise = Function<void(std::unique_ptr<ByteStream> stream)>;

  TcpSorter(ProxyContext& context, ConfigStore& store, Relays& relays);
  ~TcpSorter();

  // `otherwise`: gets a connection that no route takes. `source`: whom it is from, for its metrics; null: none.
  void sort(std::unique_ptr<ByteStream> stream, std::shared_ptr<const ListenerConfig> listener,
            SocketAddress destination, MetricPeer* source, Otherwise otherwise);
  std::size_t size() const { return looked_at_.size(); }

 private:
  struct Arrival;

  void pass(std::unique_ptr<ByteStream> stream, const ListenerConfig& listener,
            std::optional<std::string_view> server_name, SocketAddress destination, MetricPeer* source,
            Otherwise& otherwise);

  ProxyContext& context_;
  ConfigStore& store_;
  Relays& relays_;
  OwnedSet<Arrival> looked_at_;
};

}  // namespace meshtwin
