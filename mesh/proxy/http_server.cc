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
    const RouterParts parts{server_.context_, *routes_, server_.mirrors_, facts_};
    FilteredExchange::Filters filters;
    if (server_.context_.access_log) filters.first = &server_.access_log_;
    if (server_.context_.extra_delay > 0) filters.second = &server_.extra_delay_;
    filters.of_connection = filters_;
    filters.of_listener = routes_->filters();
    if (filters.any()) {
      FilteredExchangeOwner& owner = server_;
      return server_.filtered_.add(std::make_unique<FilteredExchange>(parts, owner, exchange, std::move(filters)));
    }
    RouterExchangeOwner& owner = server_;
    return server_.exchanges_.add(std::make_unique<RouterExchange>(parts, owner, exchange));
  }
  void on_closed(ServerConnection&) override { server_.connections_.remove(*this); }

  HttpServer& server_;
  const ConnectionFacts facts_;
  const std::shared_ptr<RouteSource> routes_;
  const HttpFilterMakers* const filters_;
  const std::unique_ptr<ServerConnection> http_;
};

HttpServer::HttpServer(ProxyContext& context)
    : context_(context), access_log_(context), extra_delay_(context), mirrors_(context) {}

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
