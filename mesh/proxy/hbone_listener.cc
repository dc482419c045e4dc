#include "mesh/proxy/hbone_listener.h"

#include <utility>

#include "mesh/runtime/clock.h"
#include "mesh/wire/tls.h"

namespace meshtwin {
namespace {

constexpr std::size_t kRecordedReasons = 32;

}  // namespace

class HboneListener::Connection final : public HboneHandler {
 public:
  Connection(HboneListener& listener, AcceptedStream accepted) : listener_(listener), peer_(accepted.peer) {
    TlsServerOptions options;
    options.alpn = {"h2"};
    securing_ = listener.tls_.accept(std::move(accepted.stream), options,
                                     [this](SecuredStream secured) { on_secured(std::move(secured)); });
  }

  std::size_t slot = 0;

 private:
  void on_secured(SecuredStream secured) {
    if (secured.stream == nullptr) {
      listener_.record_refusal(secured.detail, peer_);
      listener_.connections_.remove(*this);
      return;
    }
    ProxyContext& context = listener_.context_;
    tunnels_ = serve_hbone(context.runtime, std::move(secured.stream), std::move(secured.peer_identity),
                           context.codecs.http2, *this);
  }
  void on_tunnel(std::unique_ptr<TunnelOffer> offer) override { listener_.on_tunnel_(std::move(offer), peer_); }
  void on_closed() override { listener_.connections_.remove(*this); }

  HboneListener& listener_;
  const SocketAddress peer_;
  Handle securing_;
  std::unique_ptr<HboneConnection> tunnels_;
};

HboneListener::HboneListener(ProxyContext& context, Network& network, TlsContext& tls, OnTunnel on_tunnel)
    : context_(context), network_(network), tls_(tls), on_tunnel_(std::move(on_tunnel)) {}

HboneListener::~HboneListener() = default;

bool HboneListener::listen() {
  listener_ = network_.listen({0, kHbonePort}, [this](AcceptedStream accepted) { accept(std::move(accepted)); });
  return listener_ != nullptr;
}

void HboneListener::accept(AcceptedStream accepted) {
  connections_.add(std::make_unique<Connection>(*this, std::move(accepted)));
}

void HboneListener::record_refusal(const std::string& why, SocketAddress peer) {
  if (refused_.size() >= kRecordedReasons || !refused_.insert(why).second) return;
  context_.recorder.event(
      {context_.runtime.clock.now(), "tls_refused", context_.node_id, "from " + ip_to_string(peer.ip) + ": " + why});
}

}  // namespace meshtwin
