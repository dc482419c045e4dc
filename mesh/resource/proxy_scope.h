#pragma once

// Istio documents about the proxies of some workloads: Sidecar (what they are told of), Telemetry (what they report),
// and the EnvoyFilter that limits the rate of requests, the only patch that is honoured.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mesh/base/time.h"
#include "mesh/resource/object_meta.h"

namespace meshtwin {

struct SidecarEgress {
  std::uint16_t port = 0;          // 0: every port
  std::vector<std::string> hosts;  // "ns/host", "./*", "*/*", "~/*"
};

struct SidecarResource {
  ObjectMeta meta;
  Labels selector;                    // empty: the whole namespace
  std::vector<SidecarEgress> egress;  // empty: everything
  bool registry_only = false;         // outboundTrafficPolicy
};

struct TelemetryResource {
  ObjectMeta meta;
  Labels selector;
  std::optional<bool> access_log;  // said by accessLogging: a provider is named, or it is disabled
};

// Envoy's local rate limit: a token bucket in each proxy.
struct LocalRateLimitResource {
  ObjectMeta meta;
  Labels selector;
  bool outbound = false;  // match.context SIDECAR_OUTBOUND; otherwise SIDECAR_INBOUND (or GATEWAY)
  std::uint32_t max_tokens = 0;
  std::uint32_t tokens_per_fill = 1;
  Duration fill_interval = 0;
  double enabled_share = 1;   // filter_enabled
  double enforced_share = 1;  // filter_enforced
  std::uint16_t status = 429;
  std::vector<std::pair<std::string, std::string>> response_headers;
};

}  // namespace meshtwin
