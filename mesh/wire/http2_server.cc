// The server's side of an HTTP/2 connection. Clients that wait for 100 get it.

#include <utility>

#include "mesh/wire/http2_codec.h"
#include "mesh/wire/http2_fields.h"

namespace meshtwin {
namespace {

class Http2Server final : public ServerConnection, private Http2Connection {
 public:
  Http2Server(Runtime& runtime, std::unique_ptr<ByteStream> stream, ServerHandler& handler, const HttpLimits& limits,
              MakeSession make_session)
      : Http2Connection(runtime, std::move(stream), make_session, &limits), handler_(handler) {}

 private:
  using Exchange = Http2ExchangeOf<RequestHead, ResponseHead>;

  std::unique_ptr<Http2Exchange> make_exchange() override {
    Http2Connection& self = *this;
    return std::make_unique<Exchange>(self);
  }
  void begin(Http2Exchange& begun) override {
    Exchange& exchange = static_cast<Exchange&>(begun);
    auto& head = static_cast<RequestHead&>(*exchange.head);
    charge_head(fields_length(head));
    head.version = HttpVersion::http2;
    exchange.to_connect = head.method() == "CONNECT";
    exchange.head_request = head.method() == "HEAD";
    if (head.headers.has("expect")) {
      if (head.headers.get("expect") == "100-continue" && !exchange.ended) say_continue(exchange);
      head.headers.remove("expect");
    }
    exchange.receiver = &handler_.on_exchange(*this, exchange);
  }
  void on_finished() override { handler_.on_closed(*this); }

  ServerHandler& handler_;
};

}  // namespace

std::unique_ptr<ServerConnection> make_http2_server(Runtime& runtime, std::unique_ptr<ByteStream> stream,
                                                    ServerHandler& handler, const HttpLimits& limits,
                                                    Http2Connection::MakeSession make_session) {
  return std::make_unique<Http2Server>(runtime, std::move(stream), handler, limits, make_session);
}

}  // namespace meshtwin
