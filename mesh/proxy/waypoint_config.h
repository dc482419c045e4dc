#pragma once

// What a waypoint knows before the control plane tells it the rest.

#include <cstdint>
#include <string>

#include "mesh/base/socket_address.h"
#include "mesh/identity/spiffe_id.h"
#include "mesh/telemetry/workload_labels.h"
#include "mesh/wire/batch_signer.h"
#include "mesh/wire/trace_context.h"

namespace meshtwin {

struct WaypointConfig {
  std::string node_id;    // "waypoint~10.1.0.7~waypoint-az-a-0.default~default.svc.cluster.local"
  std::uint32_t pod = 0;  // its place in the Plan's pods
  SocketAddress control_plane;
  std::uint16_t authority_port = 15012;
  SpiffeId identity;
  bool access_log = false;
  TracingConfig tracing = {};
  KeyProvider key_provider;
  Duration extra_delay = 0;  // of each HTTP request
  TelemetryConfig telemetry = {};
};

}  // namespace meshtwin
