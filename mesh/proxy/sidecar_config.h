#pragma once

// What a sidecar knows before the control plane tells it the rest.

#include <cstdint>
#include <string>

#include "mesh/base/socket_address.h"
#include "mesh/base/time.h"
#include "mesh/identity/mtls.h"
#include "mesh/identity/spiffe_id.h"
#include "mesh/telemetry/workload_labels.h"
#include "mesh/wire/batch_signer.h"
#include "mesh/wire/trace_context.h"

namespace meshtwin {

inline constexpr std::uint16_t kOutboundPort = 15001;
inline constexpr std::uint16_t kInboundPort = 15006;

// What a pod's application speaks on its port.
enum class AppProtocol : unsigned char { http1, http2, tcp };

struct SidecarConfig {
  std::string node_id;    // "sidecar~10.1.0.2~backend-az-a-0.default~default.svc.cluster.local"
  std::uint32_t pod = 0;  // its place in the Plan's pods, for the records
  SocketAddress control_plane;
  std::uint16_t authority_port = 15012;  // of the control plane's certificate authority; asked unless mtls is `disable`
  SpiffeId identity;
  Mtls mtls = Mtls::disable;
  std::uint16_t app_port = 0;  // 0: the pod serves nothing (a load generator's)
  AppProtocol app_protocol = AppProtocol::http1;
  Duration probe_interval = kSecond;  // of the application's readiness, by connecting to app_port
  std::uint32_t probe_failures = 3;   // this many in a row make it unready
  bool access_log = false;
  TracingConfig tracing = {};
  KeyProvider key_provider;
  Duration extra_delay = 0;  // of each HTTP request
  TelemetryConfig telemetry = {};
};

}  // namespace meshtwin
