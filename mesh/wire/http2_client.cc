// The client's side of an HTTP/2 connection: as many exchanges at once as the server allows.

#include <cassert>
#include <utility>

#include "mesh/wire/http2_codec.h"
#include "mesh/wire/http2_fields.h"

namespace meshtwin {
namespace {

class Http2Client final : public ClientConnection, private Http2Connection {
 public:
  Http2Client(Runtime& runtime, std::unique_ptr<ByteStream> stream, ClientHandler& handler, MakeSession make_session)
      : Http2Connection(runtime, std::move(stream), make_session, nullptr), handler_(handler) {}

  std::uint32_t room() const override {
    if (!takes_exchanges() || active() >= peer_streams_) return 0;
    return peer_streams_ - static_cast<std::uint32_t>(active());
  }
  ClientExchange& open(ResponseReceiver& receiver) override {
    assert(room() > 0);
    Exchange& exchange = static_cast<Exchange&>(take_exchange());
    exchange.begun = true;
    exchange.receiver = &receiver;
    return exchange;
  }

 private:
  using Exchange = Http2ExchangeOf<ResponseHead, RequestHead>;

  std::unique_ptr<Http2Exchange> make_exchange() override {
    Http2Connection& self = *this;
    return std::make_unique<Exchange>(self);
  }
  void begin(Http2Exchange&) override {}
  void on_head_coming(Http2Exchange& exchange) override {
    const auto& head = static_cast<const ResponseHead&>(*exchange.head);
    charge_head(fields_length(head));
    exchange.tunnel = exchange.to_connect && head.status / 100 == 2;
  }
  void on_room_grown() override {
    if (room() > 0) handler_.on_available(*this);
  }
  void on_finished() override { handler_.on_closed(*this); }

  ClientHandler& handler_;
};

}  // namespace

std::unique_ptr<ClientConnection> make_http2_client(Runtime& runtime, std::unique_ptr<ByteStream> stream,
                                                    ClientHandler& handler, Http2Connection::MakeSession make_session) {
  return std::make_unique<Http2Client>(runtime, std::move(stream), handler, make_session);
}

}  // namespace meshtwin
