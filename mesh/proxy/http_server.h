#pragma once

// The HTTP connections a proxy has accepted, and the exchanges on them: each passes its connection's filters and is
// routed by its connection's routes. Where the proxy keeps an access log, all of them are in it.

#include <memory>

#include "mesh/proxy/access_log_filter.h"
#include "mesh/proxy/delay_filter.h"
#include "mesh/proxy/filter_chain.h"
#include "mesh/proxy/mirrors.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/router_exchange.h"
#include "mesh/wire/owned_set.h"

namespace meshtwin {

class HttpServer final : private RouterExchangeOwner, private FilteredExchangeOwner {
 public:
  explicit HttpServer(ProxyContext& context);
  ~HttpServer();

  // `filters` outlives the connection; null or empty: there are none. A request that neither these nor its listener's
  // wait for goes to the router directly.
  void serve(std::unique_ptr<ByteStream> stream, const HttpCodec& codec, ConnectionFacts facts,
             std::shared_ptr<RouteSource> routes, const HttpFilterMakers* filters);
  std::size_t connections() const { return connections_.size(); }

 private:
  class Connection;

  void on_done(RouterExchange& exchange) override { exchanges_.remove(exchange); }
  void on_done(FilteredExchange& exchange) override { filtered_.remove(exchange); }

  ProxyContext& context_;
  const AccessLog access_log_;
  const ExtraDelay extra_delay_;
  Mirrors mirrors_;
  OwnedSet<RouterExchange> exchanges_;
  OwnedSet<FilteredExchange> filtered_;
  OwnedSet<Connection> connections_;
};

}  // namespace meshtwin
