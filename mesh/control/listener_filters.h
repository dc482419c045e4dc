#pragma once

// The filters that a proxy's listeners bring: local rate limits and traffic labels, as the documents for it say.

#include "mesh/control/mesh_config.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

struct ListenerFilters {
  HttpFilterConfigs inbound;   // of what comes in to a sidecar's application
  HttpFilterConfigs outbound;  // of what it, or a gateway, sends on
};

ListenerFilters listener_filters(const MeshConfig& mesh, const ProxyView& proxy);

}  // namespace meshtwin
