#include "mesh/proxy/ztunnel_pod.h"

#include <array>
#include <utility>

#include "mesh/proxy/mesh_metrics.h"
#include "mesh/proxy/sidecar_config.h"
#include "mesh/proxy/tcp_relay.h"
#include "mesh/runtime/chance.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"

namespace meshtwin {
namespace {

constexpr DialOptions kDial{.timeout = 10 * kSecond, .bypass_capture = true};

Failure failure_of(DialError error) {
  switch (error) {
    case DialError::refused:
      return Failure::connect_refused;
    case DialError::timed_out:
      return Failure::connect_timeout;
    case DialError::reset:
      return Failure::reset;
    default:
      return Failure::unreachable;
  }
}

void append_hex(std::string& to, std::uint64_t bits) {
  for (int shift = 60; shift >= 0; shift -= 4) to += "0123456789abcdef"[bits >> shift & 15];
}

}  // namespace

// A connection that is taken in, until both its directions have ended.
struct ZtunnelPodProxy::Relay {
  ~Relay() {
    if (running != nullptr) counted.close();
  }

  std::unique_ptr<ByteStream> accepted;  // until the other side is there
  std::unique_ptr<TunnelOffer> offer;    // likewise, of one that came through a tunnel
  Handle connecting;
  std::unique_ptr<TcpRelay> running;
  TcpSeries counted;
  std::uint32_t to_pod = kNoPod;  // the endpoint chosen here; else nobody's to record
  Time begun = 0;
  std::size_t slot = 0;
};

ZtunnelPodProxy::ZtunnelPodProxy(ProxyContext& context, Network& network, TlsContext& tls, const WorkloadIndex& index,
                                 const ZtunnelPod& pod)
    : context_(context),
      network_(network),
      index_(index),
      pod_(pod),
      endpoint_random_(context.runtime.chance.stream("lb/" + pod.node_id)),
      trace_random_(context.runtime.chance.stream("trace/" + pod.node_id)),
      tunnels_(make_hbone_pool(context.runtime, network, context.codecs.http2, tls)),
      hbone_(context, network, tls,
             [this](std::unique_ptr<TunnelOffer> offer, SocketAddress peer) { on_tunnel(std::move(offer), peer); }) {}

ZtunnelPodProxy::~ZtunnelPodProxy() = default;

bool ZtunnelPodProxy::listen() {
  outbound_ =
      network_.listen({0, kOutboundPort}, [this](AcceptedStream accepted) { on_outbound(std::move(accepted)); });
  plaintext_ =
      network_.listen({0, kInboundPort}, [this](AcceptedStream accepted) { on_plaintext(std::move(accepted)); });
  return hbone_.listen() && outbound_ != nullptr && plaintext_ != nullptr;
}

void ZtunnelPodProxy::on_outbound(AcceptedStream accepted) {
  const SocketAddress destination = accepted.original_destination;
  if (destination.port == kOutboundPort) return;  // dialled by hand: it leads nowhere but here
  context_.runtime.cpu.charge(Operation::balance, 1);
  const L4Route route = index_.route(destination, endpoint_random_);
  if (route.by == L4Route::By::nowhere) {
    accepted.stream->abort();
    return;
  }
  Relay& relay = relays_.add(std::make_unique<Relay>());
  relay.accepted = std::move(accepted.stream);
  relay.begun = context_.runtime.clock.now();
  relay.counted = outbound_series(route);
  if (const auto pod = context_.pod_of_ip.find(route.pod); pod != context_.pod_of_ip.end()) relay.to_pod = pod->second;
  if (route.by == L4Route::By::hbone) {
    open_tunnel(relay, route, accepted.peer);
  } else {
    dial(relay, route.to);
  }
}

void ZtunnelPodProxy::open_tunnel(Relay& relay, const L4Route& route, SocketAddress peer) {
  TunnelRequest request;
  request.proxy = route.to;
  request.expected = {route.identity};
  request.authority = to_string(route.inside);
  request.dial = kDial;
  request.headers = {
      {"baggage", baggage()}, {"forwarded", "for=" + ip_to_string(peer.ip)}, {"traceparent", traceparent()}};
  relay.connecting =
      tunnels_->open(std::move(request), [this, &relay](OpenedTunnel tunnel) { on_opened(relay, std::move(tunnel)); });
}

void ZtunnelPodProxy::on_opened(Relay& relay, OpenedTunnel tunnel) {
  if (tunnel.stream != nullptr) return run(relay, std::move(tunnel.stream));
  const char* kind = tunnel.error == TunnelError::tls_failed ? "upstream_tls_failed" : "tunnel_failed";
  const std::string status = tunnel.error == TunnelError::refused ? std::to_string(tunnel.status) + " " : "";
  context_.recorder.event({context_.runtime.clock.now(), kind, pod_.name, status + tunnel.detail});
  give_up(relay, tunnel.error == TunnelError::dial_failed ? failure_of(tunnel.dial_error) : Failure::reset);
}

// The application's own port is dialled from beside it: what comes in is captured only from outside.
void ZtunnelPodProxy::on_plaintext(AcceptedStream accepted) {
  const std::uint16_t port = accepted.original_destination.port;
  if (port == kInboundPort) return;
  Relay& relay = relays_.add(std::make_unique<Relay>());
  relay.accepted = std::move(accepted.stream);
  relay.counted = inbound_series(accepted.peer, {});
  dial(relay, {kLoopback, port});
}

void ZtunnelPodProxy::on_tunnel(std::unique_ptr<TunnelOffer> offer, SocketAddress peer) {
  const SocketAddress asked = parse_socket_address(offer->request().authority());
  const bool proxy_port = asked.port == kOutboundPort || asked.port == kInboundPort || asked.port == kHbonePort;
  if (asked.port == 0 || asked.ip != pod_.ip || proxy_port) {
    offer->refuse(400);
    return;
  }
  Relay& relay = relays_.add(std::make_unique<Relay>());
  relay.counted = inbound_series(peer, offer->peer_identity());
  relay.offer = std::move(offer);
  dial(relay, {kLoopback, asked.port});
}

void ZtunnelPodProxy::dial(Relay& relay, SocketAddress to) {
  relay.connecting = network_.dial(to, kDial, [this, &relay](std::unique_ptr<ByteStream> stream, DialError error) {
    on_dialled(relay, std::move(stream), error);
  });
}

void ZtunnelPodProxy::on_dialled(Relay& relay, std::unique_ptr<ByteStream> stream, DialError error) {
  if (stream == nullptr) return give_up(relay, failure_of(error));
  if (relay.offer != nullptr) {
    relay.accepted = relay.offer->accept();
    relay.offer = nullptr;
  }
  run(relay, std::move(stream));
}

void ZtunnelPodProxy::run(Relay& relay, std::unique_ptr<ByteStream> other) {
  relay.counted.open();
  relay.running = std::make_unique<TcpRelay>(
      context_.runtime.cpu, std::move(relay.accepted), std::move(other),
      [this, &relay] {
        record(relay, Failure::none);
        relays_.remove(relay);
      },
      relay.counted);
}

TcpSeries ZtunnelPodProxy::outbound_series(const L4Route& route) const {
  if (context_.metrics == nullptr) return {};
  MeshMetrics& metrics = *context_.metrics;
  const bool proved = route.by == L4Route::By::hbone;
  const MetricPeer& self = metrics.source(pod_.ip, proved ? to_string(pod_.identity) : "");
  return self.is->tcp_to(metrics.destination(route.workload == nullptr ? WorkloadLabels() : route.workload->labels,
                                             route.identity, route.service == nullptr ? "" : route.service->host));
}

// `identity`: of a client that has proved it, in a tunnel; else empty.
TcpSeries ZtunnelPodProxy::inbound_series(SocketAddress peer, const std::string& identity) const {
  if (context_.inbound_metrics == nullptr) return {};
  MeshMetrics& metrics = *context_.inbound_metrics;
  const WorkloadEntry* self = index_.find(pod_.ip);
  const bool serves_one = self != nullptr && self->services.size() == 1;
  return metrics.source(peer.ip, identity)
      .is->tcp_to(metrics.destination(self == nullptr ? WorkloadLabels() : self->labels,
                                      identity.empty() ? "" : to_string(pod_.identity),
                                      serves_one ? self->services.begin()->first : ""));
}

void ZtunnelPodProxy::give_up(Relay& relay, Failure failure) {
  record(relay, failure);
  if (relay.offer != nullptr) {
    relay.offer->refuse(503);
  } else {
    relay.accepted->abort();
  }
  relays_.remove(relay);
}

void ZtunnelPodProxy::record(const Relay& relay, Failure failure) {
  if (relay.to_pod == kNoPod) return;
  AttemptRecord attempt;
  attempt.from_pod = pod_.pod;
  attempt.to_pod = relay.to_pod;
  attempt.at = relay.begun;
  attempt.done = context_.runtime.clock.now();
  attempt.failure = failure;
  context_.recorder.attempt(attempt);
}

std::string ZtunnelPodProxy::baggage() const {
  const WorkloadEntry* self = index_.find(pod_.ip);
  std::string text =
      "k8s.cluster.name=Kubernetes,k8s.namespace.name=" + pod_.identity.name_space + ",k8s.pod.name=" + pod_.name;
  if (self == nullptr) return text;
  if (!self->services.empty()) {
    const std::string& host = self->services.begin()->first;
    text += ",service.name=" + host.substr(0, host.find('.'));
  }
  return text + ",cloud.region=" + self->locality.region + ",cloud.availability_zone=" + self->locality.zone;
}

std::string ZtunnelPodProxy::traceparent() {
  std::string text = "00-";
  append_hex(text, trace_random_.bits());
  append_hex(text, trace_random_.bits());
  text += '-';
  append_hex(text, trace_random_.bits());
  return text + "-00";
}

}  // namespace meshtwin
