#include "mesh/proxy/sidecar_proxy.h"

#include <string>
#include <utility>

#include "mesh/proxy/forwarded_client_cert.h"
#include "mesh/proxy/mesh_metrics.h"
#include "mesh/proxy/upstream_connector.h"
#include "mesh/runtime/clock.h"
#include "mesh/wire/peeked_stream.h"
#include "mesh/wire/tls.h"

namespace meshtwin {
namespace {

constexpr Duration kFirstBytes = 15 * kSecond;  // Envoy's for its listener filters
constexpr std::size_t kRecordedReasons = 32;

ConnectionFacts facts_of(const AcceptedStream& accepted) {
  return {accepted.peer, accepted.original_destination, {}};
}

}  // namespace

// Everything that comes in for the application goes to it.
class SidecarProxy::Inbound final : public RouteSource {
 public:
  Inbound(ProxyContext& context, const ConfigStore& store, std::uint16_t port, bool http2)
      : store_(store),
        upstream_(make_static_upstream(context, "inbound|" + std::to_string(port) + "||", {kLoopback, port}, http2)) {}

  RouteDecision decide(const RequestHead&, SocketAddress, RouteDraws&) override {
    return {&route_.route(), nullptr, upstream_, nullptr};
  }
  bool records_attempts() const override { return false; }
  std::shared_ptr<const HttpFilterMakers> filters() override { return store_.inbound_filters(); }

 private:
  const ConfigStore& store_;
  const FixedRoute route_{"", "inbound"};
  const std::shared_ptr<Upstream> upstream_;
};

// A connection that is looked at or being secured.
struct SidecarProxy::Arrival {
  ConnectionFacts facts;
  std::unique_ptr<ByteStream> stream;
  Handle peeking;
  Handle securing;
  std::size_t slot = 0;
};

SidecarProxy::SidecarProxy(ProxyContext& context, const SidecarProxyOptions& options)
    : context_(context),
      options_(options),
      store_(context, &labels_),
      http_(context),
      relays_(context),
      sorter_(context, store_, relays_) {
  if (options.mtls != Mtls::disable) {
    secured_filters_.push_back(std::make_unique<ForwardedClientCert>(options.identity));
  }
}

SidecarProxy::~SidecarProxy() = default;

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
  ConnectionFacts facts = facts_of(accepted);
  if (match.tcp_routes == nullptr) {
    pass_on(std::move(accepted.stream), std::move(facts), std::move(match));
    return;
  }
  std::shared_ptr<const ListenerConfig> listener = std::move(match.tcp_routes);
  sorter_.sort(std::move(accepted.stream), std::move(listener), destination, self(),
               [this, facts = std::move(facts), match = std::move(match)](std::unique_ptr<ByteStream> stream) {
                 pass_on(std::move(stream), facts, match);
               });
}

void SidecarProxy::pass_on(std::unique_ptr<ByteStream> stream, ConnectionFacts facts, ConfigStore::Match match) {
  const SocketAddress destination = facts.local;
  if (match.routes != nullptr) {
    facts.source = self();
    http_.serve(std::move(stream), context_.codecs.detect, std::move(facts), std::move(match.routes), nullptr);
  } else if (match.is_tcp) {
    relays_.to_cluster(std::move(stream), std::move(match.tcp_upstream), self());
  } else {
    const TcpSeries counted = self() == nullptr
                                  ? TcpSeries()
                                  : self()->is->tcp_to(context_.metrics->cluster(std::string(kPassthroughCluster)));
    relays_.to_address(std::move(stream), destination, counted);
  }
}

void SidecarProxy::on_inbound(AcceptedStream accepted) {
  if (accepted.original_destination.port == kInboundPort) return;
  if (options_.mtls == Mtls::disable) {
    ConnectionFacts facts = facts_of(accepted);
    take_in(std::move(accepted.stream), std::move(facts), context_.codecs.detect);
    return;
  }
  auto arrival = std::make_unique<Arrival>();
  arrival->facts = facts_of(accepted);
  arrival->stream = std::move(accepted.stream);
  look_at(arrivals_.add(std::move(arrival)));
}

void SidecarProxy::look_at(Arrival& arrival) {
  arrival.peeking = peek(context_.runtime, std::move(arrival.stream), kFirstBytes, [this, &arrival](Peeked peeked) {
    if (peeked.stream == nullptr) {
      arrivals_.remove(arrival);
    } else if (peeked.tls) {
      secure(arrival, std::move(peeked.stream));
    } else if (options_.mtls == Mtls::strict) {
      peeked.stream->abort();
      refuse(arrival, "plaintext, where mutual TLS is required");
    } else {
      const std::unique_ptr<Arrival> over = arrivals_.release(arrival);
      take_in(std::move(peeked.stream), std::move(over->facts), context_.codecs.detect);
    }
  });
}

void SidecarProxy::secure(Arrival& arrival, std::unique_ptr<ByteStream> stream) {
  TlsServerOptions options;
  options.alpn = inbound_alpn();
  arrival.securing = context_.tls->accept(std::move(stream), options, [this, &arrival](SecuredStream secured) {
    if (secured.stream == nullptr) {
      refuse(arrival, secured.detail);
      return;
    }
    const std::unique_ptr<Arrival> over = arrivals_.release(arrival);
    over->facts.peer_identity = std::move(secured.peer_identity);
    const bool http1 = secured.alpn.ends_with("http/1.1");
    const bool http2 = secured.alpn.ends_with("h2");
    const HttpCodecs& codecs = context_.codecs;
    take_in(std::move(secured.stream), std::move(over->facts),
            http2   ? codecs.http2
            : http1 ? codecs.http1
                    : codecs.detect);
  });
}

void SidecarProxy::refuse(Arrival& arrival, const std::string& why) {
  const std::unique_ptr<Arrival> over = arrivals_.release(arrival);
  if (refused_.size() >= kRecordedReasons || !refused_.insert(why).second) return;
  context_.recorder.event({context_.runtime.clock.now(), "tls_refused", context_.node_id,
                           "from " + ip_to_string(over->facts.peer.ip) + ": " + why});
}

// Null: no metrics are kept.
MetricPeer* SidecarProxy::self() const {
  return context_.metrics == nullptr ? nullptr : &context_.metrics->self();
}

void SidecarProxy::take_in(std::unique_ptr<ByteStream> stream, ConnectionFacts facts, const HttpCodec& codec) {
  const std::uint16_t port = facts.local.port;
  if (MeshMetrics* metrics = context_.inbound_metrics) {
    facts.source = &metrics->source(facts.peer.ip, facts.peer_identity);
    facts.destination = &metrics->self_as_destination(!facts.peer_identity.empty());
  }
  if (port != options_.app_port || options_.app_protocol == AppProtocol::tcp) {
    const TcpSeries counted = facts.source == nullptr ? TcpSeries() : facts.source->is->tcp_to(*facts.destination);
    relays_.to_address(std::move(stream), {kLoopback, port}, counted);
    return;
  }
  if (inbound_ == nullptr) {
    inbound_ = std::make_shared<Inbound>(context_, store_, port, options_.app_protocol == AppProtocol::http2);
  }
  const HttpFilterMakers* filters = facts.peer_identity.empty() ? nullptr : &secured_filters_;
  http_.serve(std::move(stream), codec, std::move(facts), inbound_, filters);
}

}  // namespace meshtwin
