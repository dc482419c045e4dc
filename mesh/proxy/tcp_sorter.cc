#include "mesh/proxy/tcp_sorter.h"

#include <utility>

#include "mesh/traffic/tcp_route_match.h"
#include "mesh/wire/peeked_stream.h"

namespace meshtwin {
namespace {

constexpr Duration kFirstBytes = 15 * kSecond;  // Envoy's for its listener filters

}  // namespace

struct TcpSorter::Arrival {
  std::shared_ptr<const ListenerConfig> listener;
  SocketAddress destination;
  MetricPeer* source = nullptr;
  Otherwise otherwise;
  Handle peeking;
  std::size_t slot = 0;
};

TcpSorter::TcpSorter(ProxyContext& context, ConfigStore& store, Relays& relays)
    : context_(context), store_(store), relays_(relays) {}
TcpSorter::~TcpSorter() = default;

void TcpSorter::sort(std::unique_ptr<ByteStream> stream, std::shared_ptr<const ListenerConfig> listener,
                     SocketAddress destination, MetricPeer* source, Otherwise otherwise) {
  if (!needs_server_name(*listener)) {
    pass(std::move(stream), *listener, std::nullopt, destination, source, otherwise);
    return;
  }
  auto arrival = std::make_unique<Arrival>();
  arrival->listener = std::move(listener);
  arrival->destination = destination;
  arrival->source = source;
  arrival->otherwise = std::move(otherwise);
  Arrival& kept = looked_at_.add(std::move(arrival));
  kept.peeking = peek_server_name(context_.runtime, std::move(stream), kFirstBytes, [this, &kept](Peeked peeked) {
    const std::unique_ptr<Arrival> over = looked_at_.release(kept);
    if (peeked.stream == nullptr) return;
    const auto name = peeked.tls ? std::optional<std::string_view>(peeked.server_name) : std::nullopt;
    pass(std::move(peeked.stream), *over->listener, name, over->destination, over->source, over->otherwise);
  });
}

void TcpSorter::pass(std::unique_ptr<ByteStream> stream, const ListenerConfig& listener,
                     std::optional<std::string_view> server_name, SocketAddress destination, MetricPeer* source,
                     Otherwise& otherwise) {
  const TcpRoute* route = find_tcp_route(listener, server_name, destination);
  if (route == nullptr) return otherwise(std::move(stream));
  const std::string& cluster = pick_cluster(*route, context_.untraced_random.bits());
  relays_.to_cluster(std::move(stream), store_.upstream(cluster, destination), source);
}

}  // namespace meshtwin
