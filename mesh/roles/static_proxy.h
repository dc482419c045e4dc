#pragma once

// A proxy without a control plane: what it would be told, and its certificate, are given once and for all. The data
// planes are those of the sidecar, the ztunnel and the gateway.

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "mesh/control/workload_entry.h"
#include "mesh/identity/certificate.h"
#include "mesh/proxy/fixed_listeners.h"
#include "mesh/proxy/sidecar_proxy.h"
#include "mesh/proxy/ztunnel_config.h"
#include "mesh/runtime/role.h"
#include "mesh/telemetry/access_log.h"
#include "mesh/traffic/config.h"
#include "mesh/wire/batch_signer.h"
#include "mesh/wire/http_codec.h"

namespace meshtwin {

struct StaticGateway {
  std::vector<std::uint16_t> ports;
};

struct StaticZtunnel {
  ZtunnelPod pod;  // whom it serves
  std::vector<WorkloadEntry> workloads;
};

struct StaticProxyConfig {
  std::string name;  // for its events
  std::variant<SidecarProxyOptions, StaticZtunnel, StaticGateway> proxy;
  // Empty: the traffic is captured, and comes to the proxies' usual ports.
  std::vector<FixedListener> fixed_listeners;
  HttpLimits http_limits;
  std::string access_log;  // the file that lines go to, "stdout" the standard output; empty: none is kept
  AccessLogFormat access_log_format = AccessLogFormat::text;
  bool metrics = false;  // counts, and serves them on what stands for kEnvoyMetricsPort
  // Of a sidecar and a gateway; as the control plane would send them.
  std::vector<ListenerConfig> listeners;
  std::vector<RouteConfig> routes;
  std::vector<ClusterConfig> clusters;
  std::vector<ClusterAssignment> assignments;
  // Null: it takes part in no mutual TLS. A ztunnel always has one.
  std::shared_ptr<const Credential> credential;
  std::shared_ptr<const TrustBundle> trust;
  KeyProvider key_provider;  // of the credential's key
};

// Ready when it listens. `surroundings.network` is the pod's; where an address is taken it throws std::runtime_error
// from `start`.
std::unique_ptr<Role> make_static_proxy(const StaticProxyConfig& config, const RoleSurroundings& surroundings);

}  // namespace meshtwin
