#include "mesh/proxy/relays.h"

#include <utility>

#include "mesh/proxy/mesh_metrics.h"
#include "mesh/proxy/tcp_relay.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"

namespace meshtwin {
namespace {

constexpr Duration kPassthroughTimeout = 10 * kSecond;

}  // namespace

struct Relays::Relay {
  ~Relay() {
    if (running != nullptr) counted.close();
    if (host == nullptr) return;
    upstream->cluster().request_finished(*host);
    upstream->return_connection();
  }

  std::shared_ptr<Upstream> upstream;     // of a cluster; null: a fixed address
  UpstreamCluster::Host* host = nullptr;  // of that cluster
  std::unique_ptr<ByteStream> accepted;   // until the other side is there
  Handle connecting;
  std::unique_ptr<TcpRelay> running;
  TcpSeries counted;
  std::size_t slot = 0;
};

Relays::Relays(ProxyContext& context) : context_(context) {}
Relays::~Relays() = default;

void Relays::to_address(std::unique_ptr<ByteStream> stream, SocketAddress to, const TcpSeries& counted) {
  Relay& relay = relays_.add(std::make_unique<Relay>());
  relay.accepted = std::move(stream);
  relay.counted = counted;
  PlainConnector connector(context_.network, {.timeout = kPassthroughTimeout, .bypass_capture = true});
  relay.connecting =
      connector.connect(to, [this, &relay](Connected connected) { on_connected(relay, std::move(connected)); });
}

void Relays::to_cluster(std::unique_ptr<ByteStream> stream, std::shared_ptr<Upstream> upstream, MetricPeer* source) {
  if (upstream == nullptr) {
    stream->abort();
    return;
  }
  context_.runtime.cpu.charge(Operation::balance, 1);
  UpstreamCluster::Host* host = upstream->cluster().pick(context_.runtime.clock.now());
  if (host == nullptr || !upstream->take_connection()) {
    stream->abort();
    return;
  }
  Relay& relay = relays_.add(std::make_unique<Relay>());
  relay.accepted = std::move(stream);
  upstream->cluster().request_started(*host);
  relay.host = host;
  if (source != nullptr) relay.counted = source->is->tcp_to(*upstream->metric_destination(*host));
  relay.upstream = std::move(upstream);
  relay.connecting = relay.upstream->connect(
      *host, [this, &relay](Connected connected) { on_connected(relay, std::move(connected)); });
}

void Relays::on_connected(Relay& relay, Connected connected) {
  if (relay.host != nullptr) {
    relay.upstream->report(*relay.host,
                           connected.stream != nullptr ? UpstreamOutcome::success : UpstreamOutcome::connect_failed);
  }
  if (connected.stream == nullptr) {
    relay.accepted->abort();
    relays_.remove(relay);
    return;
  }
  relay.counted.open();
  relay.running = std::make_unique<TcpRelay>(
      context_.runtime.cpu, std::move(relay.accepted), std::move(connected.stream),
      [this, &relay] { relays_.remove(relay); }, relay.counted);
}

}  // namespace meshtwin
