#pragma once

// The HTTP filters that a listener's configuration brings, in the order in which they stand before the router.

#include <memory>

#include "mesh/proxy/http_filter.h"
#include "mesh/traffic/config.h"
#include "mesh/traffic/trace_labels.h"

namespace meshtwin {

struct ProxyContext;

// Null: there are none. `labels`: what the proxy remembers of its application's requests, null where it has no
// application; outlives the filters. `inbound`: they are of what comes in for that application.
std::shared_ptr<const HttpFilterMakers> make_listener_filters(ProxyContext& context, const HttpFilterConfigs& configs,
                                                              TraceLabels* labels, bool inbound);

}  // namespace meshtwin
