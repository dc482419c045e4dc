#pragma once

// The TCP connections a proxy passes on without looking inside: each waits for its other side, then is relayed until
// both directions have ended.

#include <memory>

#include "mesh/base/handle.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/tcp_series.h"
#include "mesh/proxy/upstream.h"
#include "mesh/runtime/byte_stream.h"
#include "mesh/wire/owned_set.h"

namespace meshtwin {

struct MetricPeer;

class Relays {
 public:
  explicit Relays(ProxyContext& context);
  ~Relays();

  // `counted`: its metrics.
  void to_address(std::unique_ptr<ByteStream> stream, SocketAddress to, const TcpSeries& counted);
  // One endpoint of a cluster; null: the connection is reset. `source`: whom it is from, for its metrics; null: none.
  void to_cluster(std::unique_ptr<ByteStream> stream, std::shared_ptr<Upstream> upstream, MetricPeer* source);
  std::size_t size() const { return relays_.size(); }

 private:
  struct Relay;

  void on_connected(Relay& relay, Connected connected);

  ProxyContext& context_;
  OwnedSet<Relay> relays_;
};

}  // namespace meshtwin
