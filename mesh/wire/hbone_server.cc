// The server's side of HBONE: what a client asks to be connected to is offered to the handler, which decides, now or
// later.

#include <utility>

#include "mesh/wire/hbone.h"
#include "mesh/wire/lifetime.h"
#include "mesh/wire/owned_set.h"
#include "mesh/wire/tunnel_stream.h"

namespace meshtwin {
namespace {

class HboneServer;

// One CONNECT. The offer and the stream hold its end, which knows when the connection is gone.
struct ServedTunnel final : RequestReceiver {
  ServedTunnel(HboneServer& the_owner, ServerExchange& the_exchange) : owner(the_owner), exchange(the_exchange) {}

  void on_head(std::unique_ptr<RequestHead> head, Buffer& data, bool end) override;
  void on_data(Buffer& data, bool ended) override {
    if (end != nullptr) end->on_data(data, ended);
  }
  void on_reset(ResetReason) override;
  void on_room() override {
    if (end != nullptr) end->on_room();
  }

  HboneServer& owner;
  ServerExchange& exchange;
  std::shared_ptr<TunnelEnd> end;
  std::size_t slot = 0;
};

class Offer final : public TunnelOffer {
 public:
  Offer(std::unique_ptr<RequestHead> head, std::string peer, ServerExchange& exchange, std::shared_ptr<TunnelEnd> end)
      : head_(std::move(head)), peer_(std::move(peer)), exchange_(exchange), end_(std::move(end)) {}
  ~Offer() override {
    if (end_ != nullptr) refuse(503);
  }

  const RequestHead& request() const override { return *head_; }
  const std::string& peer_identity() const override { return peer_; }
  std::unique_ptr<ByteStream> accept() override {
    const std::shared_ptr<TunnelEnd> end = std::exchange(end_, nullptr);
    if (!end->over()) {
      auto head = std::make_unique<ResponseHead>(200);
      head->content_length = kUnknownLength;
      Buffer nothing;
      exchange_.send_head(std::move(head), nothing, false);
    }
    return end->make_stream();
  }
  void refuse(std::uint16_t status) override {
    const std::shared_ptr<TunnelEnd> end = std::exchange(end_, nullptr);
    if (end->over()) return;
    Buffer nothing;
    exchange_.send_head(std::make_unique<ResponseHead>(status), nothing, true);
    end->refused();
  }

 private:
  std::unique_ptr<RequestHead> head_;
  const std::string peer_;
  ServerExchange& exchange_;
  std::shared_ptr<TunnelEnd> end_;
};

// A tunnel is as silent as what goes through it.
constexpr HttpLimits kLimits{.stream_idle = 0};

class HboneServer final : public HboneConnection, private ServerHandler {
 public:
  HboneServer(Runtime& runtime, std::unique_ptr<ByteStream> secured, std::string peer, const HttpCodec& http2,
              HboneHandler& handler)
      : runtime_(runtime),
        peer_(std::move(peer)),
        handler_(handler),
        connection_(http2.serve(runtime, std::move(secured), *this, kLimits)) {}
  ~HboneServer() override {
    connection_ = nullptr;
    while (!tunnels_.empty()) {
      const std::unique_ptr<ServedTunnel> tunnel = tunnels_.release(tunnels_.back());
      if (tunnel->end != nullptr) tunnel->end->lose();
    }
  }

  void on_request(ServedTunnel& tunnel, std::unique_ptr<RequestHead> head, Buffer& data, bool end) {
    if (head->method() != "CONNECT" || head->authority().empty()) {
      auto answer = std::make_unique<ResponseHead>(head->method() == "CONNECT" ? 404 : 405);
      Buffer nothing;
      tunnel.exchange.send_head(std::move(answer), nothing, true);
      tunnels_.remove(tunnel);
      return;
    }
    tunnel.exchange.pause();
    tunnel.end = std::make_shared<TunnelEnd>(runtime_.clock, tunnel.exchange, [this, &tunnel] { remove(tunnel); });
    tunnel.end->hold(data, end);
    handler_.on_tunnel(std::make_unique<Offer>(std::move(head), peer_, tunnel.exchange, tunnel.end));
  }
  void remove(ServedTunnel& tunnel) { tunnels_.remove(tunnel); }

 private:
  RequestReceiver& on_exchange(ServerConnection&, ServerExchange& exchange) override {
    return tunnels_.add(std::make_unique<ServedTunnel>(*this, exchange));
  }
  void on_closed(ServerConnection&) override { handler_.on_closed(); }

  Runtime& runtime_;
  const std::string peer_;
  HboneHandler& handler_;
  OwnedSet<ServedTunnel> tunnels_;
  std::unique_ptr<ServerConnection> connection_;
};

void ServedTunnel::on_head(std::unique_ptr<RequestHead> head, Buffer& data, bool ended) {
  owner.on_request(*this, std::move(head), data, ended);
}

void ServedTunnel::on_reset(ResetReason) {
  if (end != nullptr) {
    end->on_reset();
  } else {
    owner.remove(*this);
  }
}

}  // namespace

std::unique_ptr<HboneConnection> serve_hbone(Runtime& runtime, std::unique_ptr<ByteStream> secured,
                                             std::string peer_identity, const HttpCodec& http2, HboneHandler& handler) {
  return std::make_unique<HboneServer>(runtime, std::move(secured), std::move(peer_identity), http2, handler);
}

}  // namespace meshtwin
