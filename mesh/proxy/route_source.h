#pragma once

// Where a request goes, as the router asks: the route that takes it, one of its clusters, and the chances taken with
// it. A request's draws are keyed by its place in the call path, which its trace headers carry, by the kind of proxy
// that draws and by what for: they are the same in both worlds, whichever replica of a proxy it passes.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mesh/base/random.h"
#include "mesh/proxy/http_filter.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/upstream.h"
#include "mesh/traffic/route_table.h"
#include "mesh/wire/http_message.h"

namespace meshtwin {

// The cluster of destinations outside the mesh, as Istio names it.
inline constexpr std::string_view kPassthroughCluster = "PassthroughCluster";

RequestView view_of(const RequestHead& head);  // which outlives it

// Which try of the sender's this is: its second is another request to us, with draws and a span of its own.
std::uint64_t try_of_sender(const Headers& headers);

class RouteDraws {
 public:
  enum class Purpose : unsigned char { cluster, fault_delay, fault_abort, mirror, limit_counts, limit_enforces };

  // `inbound`: the request goes to the proxy's own application.
  RouteDraws(ProxyContext& context, bool inbound) : context_(context), inbound_(inbound) {}

  // A stream of its own; `number`: which of several of that purpose. All of one request are asked with the same head.
  RandomStream of(const RequestHead& head, Purpose purpose, std::uint64_t number = 0);

 private:
  ProxyContext& context_;
  const bool inbound_;
  std::optional<RandomStream> request_;
};

// No route: nothing matches; a route that sends on without upstream: its cluster is not known.
struct RouteDecision {
  const Route* route = nullptr;
  const WeightedCluster* weighted = nullptr;  // of the route's, where it has several
  std::shared_ptr<Upstream> upstream;
  std::shared_ptr<const RouteConfig> keeps;  // what the first two are part of; null: the source itself
};

class RouteSource {
 public:
  virtual ~RouteSource() = default;
  virtual RouteDecision decide(const RequestHead& head, SocketAddress original_destination, RouteDraws& draws) = 0;
  virtual bool records_attempts() const = 0;  // false: they go to the proxy's own application
  virtual std::shared_ptr<Upstream> cluster(const std::string& /*name*/) { return nullptr; }  // null: not known
  // Of the listener that a request comes by, now; null: it has none.
  virtual std::shared_ptr<const HttpFilterMakers> filters() { return nullptr; }
};

// A route that is part of no configuration.
class FixedRoute {
 public:
  FixedRoute(const std::string& name, const std::string& cluster);
  FixedRoute(const FixedRoute&) = delete;
  FixedRoute& operator=(const FixedRoute&) = delete;

  const Route& route() const { return route_; }

 private:
  std::string problem_;
  const RouteConfigEntry entry_;
  const Route route_;
};

}  // namespace meshtwin
