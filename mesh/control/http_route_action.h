#pragma once

// What an HTTP route of a VirtualService does with a request, as a proxy is told: retries, redirects, rewrites, faults.
// Pure conversions with Istio's defaults.

#include <string>

#include "mesh/resource/virtual_service.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

// Twice, where the request cannot have been acted on.
RetryPolicy default_retries();
// `retry_on`: as Envoy names conditions; numbers are statuses. Others are none.
RetryPolicy retry_policy(const HttpRetry& retry);

// Everything of the entry but what it matches and where it sends to. `port`: of the listener.
void put_action(const HttpRoute& route, std::uint16_t port, RouteConfigEntry& entry);

// One for each of the route's matches that `match` gives in Envoy's terms.
RouteMatch route_match(const HttpMatch& match);

}  // namespace meshtwin
