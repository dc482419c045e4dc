#include "mesh/proxy/upstream_connector.h"

#include <algorithm>
#include <utility>

#include "mesh/runtime/clock.h"
#include "mesh/wire/hbone.h"
#include "mesh/wire/tls.h"

namespace meshtwin {
namespace {

DialOptions dial_options(const ClusterConfig& cluster) {
  return {.timeout = cluster.connect_timeout, .bypass_capture = true};
}

// As Istio names them, so that a server can tell its mesh's clients from an application's own TLS.
const std::vector<std::string>& outbound_alpn(Inside inside, bool http2) {
  static const std::vector<std::string> kHttp1 = {"istio-http/1.1", "istio", "http/1.1"};
  static const std::vector<std::string> kHttp2 = {"istio-h2", "istio", "h2"};
  static const std::vector<std::string> kTcp = {"istio"};
  if (inside == Inside::tcp) return kTcp;
  return http2 ? kHttp2 : kHttp1;
}

class Plain final : public Connector {
 public:
  Plain(ProxyContext& context, const UpstreamCluster& cluster) : context_(context), cluster_(cluster) {}
  Handle connect(SocketAddress to, ConnectHandler then) override {
    return PlainConnector(context_.network, dial_options(cluster_.config())).connect(to, std::move(then));
  }

 private:
  ProxyContext& context_;
  const UpstreamCluster& cluster_;
};

class Securing final : public Activity {
 public:
  Securing(ProxyContext& context, const ClusterConfig& cluster, Inside inside, SocketAddress to, ConnectHandler then)
      : context_(context), then_(std::move(then)), ends_(context.runtime.clock.now() + cluster.connect_timeout) {
    options_.server_name = cluster.server_name;
    options_.alpn = outbound_alpn(inside, cluster.http2);
    options_.expected = cluster.identities;
    dial_ =
        context.network.dial(to, dial_options(cluster), [this](std::unique_ptr<ByteStream> stream, DialError error) {
          if (stream == nullptr) return finish({nullptr, connect_error(error), {}});
          secure(std::move(stream));
        });
  }

 private:
  void secure(std::unique_ptr<ByteStream> stream) {
    const Time begun = context_.runtime.clock.now();
    options_.timeout = std::max<Duration>(1, ends_ - begun);
    handshake_ = context_.tls->connect(std::move(stream), options_, [this, begun](SecuredStream secured) {
      if (secured.error == TlsError::timed_out) return finish({nullptr, ConnectError::timed_out, "TLS handshake"});
      if (secured.stream == nullptr) return finish({nullptr, ConnectError::tls, std::move(secured.detail)});
      const Time now = context_.runtime.clock.now();
      finish({std::move(secured.stream), ConnectError::none, {}, {now, now - begun}});
    });
  }
  void finish(Connected connected) {
    ConnectHandler then = std::move(then_);
    then(std::move(connected));  // may destroy this
  }

  ProxyContext& context_;
  ConnectHandler then_;
  const Time ends_;
  TlsClientOptions options_;
  Handle dial_;
  Handle handshake_;
};

class Secure final : public Connector {
 public:
  Secure(ProxyContext& context, const UpstreamCluster& cluster, Inside inside)
      : context_(context), cluster_(cluster), inside_(inside) {}
  Handle connect(SocketAddress to, ConnectHandler then) override {
    return std::make_unique<Securing>(context_, cluster_.config(), inside_, to, std::move(then));
  }

 private:
  ProxyContext& context_;
  const UpstreamCluster& cluster_;
  const Inside inside_;
};

Connected connected_of(OpenedTunnel tunnel) {
  switch (tunnel.error) {
    case TunnelError::none:
      return {std::move(tunnel.stream), ConnectError::none, {}, tunnel.handshake};
    case TunnelError::dial_failed:
      return {nullptr, connect_error(tunnel.dial_error), {}};
    case TunnelError::tls_failed:
      return {nullptr, ConnectError::tls, std::move(tunnel.detail)};
    case TunnelError::refused:
      return {nullptr, ConnectError::tunnel, "CONNECT was answered " + std::to_string(tunnel.status)};
    case TunnelError::lost:
      break;
  }
  return {nullptr, ConnectError::reset, std::move(tunnel.detail)};
}

class Tunnelled final : public Connector {
 public:
  Tunnelled(ProxyContext& context, const UpstreamCluster& cluster) : context_(context), cluster_(cluster) {}
  Handle connect(SocketAddress to, ConnectHandler then) override {
    TunnelRequest request;
    request.proxy = {to.ip, kHbonePort};
    request.expected = cluster_.config().identities;
    request.authority = to_string(to);
    request.dial = dial_options(cluster_.config());
    return context_.tunnels->open(std::move(request), [then = std::move(then)](OpenedTunnel tunnel) mutable {
      then(connected_of(std::move(tunnel)));
    });
  }

 private:
  ProxyContext& context_;
  const UpstreamCluster& cluster_;
};

// An endpoint behind mutual TLS or a tunnel, and a proxy that has no identity: nothing is sent in the clear instead.
class WithoutIdentity final : public Connector {
 public:
  explicit WithoutIdentity(ProxyContext& context) : context_(context) {}
  Handle connect(SocketAddress, ConnectHandler then) override {
    struct Telling final : Activity {
      Timer timer;
    };
    auto telling = std::make_unique<Telling>();
    telling->timer = context_.runtime.clock.after(0, [then = std::move(then)]() mutable {
      then({nullptr, ConnectError::tls, "this proxy has no identity"});
    });
    return telling;
  }

 private:
  ProxyContext& context_;
};

}  // namespace

std::unique_ptr<Connector> make_upstream_connector(ProxyContext& context, const UpstreamCluster& cluster,
                                                   EndpointTransport transport, Inside inside) {
  switch (transport) {
    case EndpointTransport::mtls:
      if (context.tls == nullptr) return std::make_unique<WithoutIdentity>(context);
      return std::make_unique<Secure>(context, cluster, inside);
    case EndpointTransport::hbone:
      if (context.tunnels == nullptr) return std::make_unique<WithoutIdentity>(context);
      return std::make_unique<Tunnelled>(context, cluster);
    case EndpointTransport::plain:
      break;
  }
  return std::make_unique<Plain>(context, cluster);
}

const std::vector<std::string>& inbound_alpn() {
  static const std::vector<std::string> kAlpn = {"istio-http/1.1", "istio-h2", "istio", "http/1.1", "h2"};
  return kAlpn;
}

}  // namespace meshtwin
