#pragma once

// What a route does to the messages that take it: header operations, of the destination first and then of the route, as
// Envoy orders them; another path, another authority; and the location that a redirect answers with.

#include <memory>
#include <string>

#include "mesh/proxy/route_source.h"
#include "mesh/wire/http_message.h"

namespace meshtwin {

void apply(const HeaderOperations& operations, Headers& headers);

// A request as it goes on.
void rewrite_request(const RouteDecision& decision, RequestHead& head);
void rewrite_response(const RouteDecision& decision, ResponseHead& head);

// Where a request is sent by a route that redirects.
std::string location_of(const Route& route, const RequestHead& head);

}  // namespace meshtwin
