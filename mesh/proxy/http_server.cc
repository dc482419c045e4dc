#include "mesh/proxy/http_server.h"

#include <utility>

namespace meshtwin {

class HttpServer::Connection final : public ServerHandler {
 public:
  Connection(HttpServer& server, std::unique_ptr<ByteStream> stream, const HttpCodec& codec, ConnectionFacts facts,
             std::shared_ptr<RouteSource> routes, const HttpFilterMakers* filters)
      : server_(server),
        facts_(std::move(facts)),
        routes_(std::move(routes)),
        filters_(filters != nullptr && !filters->empty() ? filters : nullptr),
        http_(codec.serve(server.context_.runtime, std::move(stream), *this, server.context_.http_limits)) {}

  std::size_t slot = 0;

 private:
  RequestReceiver& on_exchange(ServerConnection&, ServerExchange& exchange) override {
    const bool logged = server_.context_.access_log;
    const bool delayed = server_.context_.extra_delay > 0;
    if (filters_ != nullptr || logged || delayed) {
      FilteredExchangeOwner& owner = server_;
      return server_.filtered_.add(
          std::make_unique<FilteredExchange>(server_.context_, owner, logged ? &server_.access_log_ : nullptr, filters_,
                                             *routes_, facts_, exchange, delayed ? &server_.extra_delay_ : nullptr));
    }
    RouterExchangeOwner& owner = server_;
    return server_.exchanges_.add(
        std::make_unique<RouterExchange>(server_.context_, owner, *routes_, facts_, exchange));
  }
  void on_closed(ServerConnection&) override { server_.connections_.remove(*this); }

  HttpServer& server_;
  const ConnectionFacts facts_;
  const std::shared_ptr<RouteSource> routes_;
  const HttpFilterMakers* const filters_;
  const std::unique_ptr<ServerConnection> http_;
};

HttpServer::HttpServer(ProxyContext& context) : context_(context), access_log_(context), extra_delay_(context) {}

HttpServer::~HttpServer() {
  filtered_.clear();
  exchanges_.clear();
}

void HttpServer::serve(std::unique_ptr<ByteStream> stream, const HttpCodec& codec, ConnectionFacts facts,
                       std::shared_ptr<RouteSource> routes, const HttpFilterMakers* filters) {
  connections_.add(
      std::make_unique<Connection>(*this, std::move(stream), codec, std::move(facts), std::move(routes), filters));
}

}  // namespace meshtwin
