#include "mesh/proxy/sidecar_proxy.h"

#include <string>
#include <utility>

#include "mesh/proxy/sidecar_config.h"
#include "mesh/proxy/tcp_relay.h"
#include "mesh/runtime/cpu.h"

namespace meshtwin {
namespace {

constexpr Duration kPassthroughTimeout = 10 * kSecond;

}  // namespace

// Everything that comes in for the application goes to it.
class SidecarProxy::Inbound final : public RouteSource {
 public:
  Inbound(ProxyContext& context, std::uint16_t port)
      : upstream_(make_static_upstream(context, "inbound|" + std::to_string(port) + "||", {kLoopback, port})) {}

  RouteDecision decide(const RequestHead&, SocketAddress) override { return {&route_, upstream_}; }
  bool records_attempts() const override { return false; }

 private:
  const RouteConfigEntry route_;
  const std::shared_ptr<Upstream> upstream_;
};

class SidecarProxy::Connection final : public ServerHandler {
 public:
  Connection(SidecarProxy& proxy, AcceptedStream accepted, std::shared_ptr<RouteSource> routes)
      : proxy_(proxy),
        routes_(std::move(routes)),
        original_destination_(accepted.original_destination),
        http_(proxy.context_.codec.serve(proxy.context_.runtime, std::move(accepted.stream), *this)) {}

  std::size_t slot = 0;

 private:
  RequestReceiver& on_exchange(ServerConnection&, ServerExchange& exchange) override {
    RouterExchangeOwner& owner = proxy_;
    return proxy_.exchanges_.add(
        std::make_unique<RouterExchange>(proxy_.context_, owner, *routes_, original_destination_, exchange));
  }
  void on_closed(ServerConnection&) override { proxy_.connections_.remove(*this); }

  SidecarProxy& proxy_;
  const std::shared_ptr<RouteSource> routes_;
  const SocketAddress original_destination_;
  const std::unique_ptr<ServerConnection> http_;
};

struct SidecarProxy::Relay {
  ~Relay() {
    if (host == nullptr) return;
    upstream->cluster().request_finished(*host);
    upstream->return_connection();
  }

  std::shared_ptr<Upstream> upstream;     // of a TCP listener's cluster; null: passed through
  UpstreamCluster::Host* host = nullptr;  // of that cluster
  std::unique_ptr<ByteStream> accepted;   // until the other side is there
  Handle dial;
  std::unique_ptr<TcpRelay> running;
  std::size_t slot = 0;
};

SidecarProxy::SidecarProxy(ProxyContext& context, std::uint16_t app_port)
    : context_(context), app_port_(app_port), store_(context) {}

SidecarProxy::~SidecarProxy() {
  exchanges_.clear();
}

bool SidecarProxy::listen() {
  outbound_listener_ = context_.network.listen({0, kOutboundPort},
                                               [this](AcceptedStream accepted) { on_outbound(std::move(accepted)); });
  inbound_listener_ =
      context_.network.listen({0, kInboundPort}, [this](AcceptedStream accepted) { on_inbound(std::move(accepted)); });
  return outbound_listener_ != nullptr && inbound_listener_ != nullptr;
}

void SidecarProxy::on_outbound(AcceptedStream accepted) {
  const SocketAddress destination = accepted.original_destination;
  if (destination.port == kOutboundPort) return;  // dialled by hand: it leads nowhere but here
  ConfigStore::Match match = store_.match(destination);
  if (match.routes != nullptr) {
    serve(std::move(accepted), std::move(match.routes));
  } else if (match.is_tcp) {
    relay_to_cluster(std::move(accepted.stream), std::move(match.tcp_upstream));
  } else {
    relay(std::move(accepted.stream), destination);
  }
}

void SidecarProxy::on_inbound(AcceptedStream accepted) {
  const std::uint16_t port = accepted.original_destination.port;
  if (port == kInboundPort) return;
  if (port != app_port_ || app_port_ == 0) {
    relay(std::move(accepted.stream), {kLoopback, port});
    return;
  }
  if (inbound_ == nullptr) inbound_ = std::make_shared<Inbound>(context_, app_port_);
  serve(std::move(accepted), inbound_);
}

void SidecarProxy::serve(AcceptedStream accepted, std::shared_ptr<RouteSource> routes) {
  connections_.add(std::make_unique<Connection>(*this, std::move(accepted), std::move(routes)));
}

void SidecarProxy::relay(std::unique_ptr<ByteStream> stream, SocketAddress to) {
  Relay& relay = relays_.add(std::make_unique<Relay>());
  relay.accepted = std::move(stream);
  dial(relay, to, kPassthroughTimeout);
}

void SidecarProxy::relay_to_cluster(std::unique_ptr<ByteStream> stream, std::shared_ptr<Upstream> upstream) {
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
  relay.upstream = std::move(upstream);
  dial(relay, UpstreamCluster::address_of(*host), relay.upstream->cluster().config().connect_timeout);
}

void SidecarProxy::dial(Relay& relay, SocketAddress to, Duration timeout) {
  relay.dial = context_.network.dial(
      to, {.timeout = timeout, .bypass_capture = true},
      [this, &relay](std::unique_ptr<ByteStream> other, DialError) { on_dialled(relay, std::move(other)); });
}

void SidecarProxy::on_dialled(Relay& relay, std::unique_ptr<ByteStream> other) {
  if (relay.host != nullptr) {
    relay.upstream->report(*relay.host, other != nullptr ? UpstreamOutcome::success : UpstreamOutcome::connect_failed);
  }
  if (other == nullptr) {
    relay.accepted->abort();
    relays_.remove(relay);
    return;
  }
  relay.running = std::make_unique<TcpRelay>(std::move(relay.accepted), std::move(other),
                                             [this, &relay] { relays_.remove(relay); });
}

}  // namespace meshtwin
