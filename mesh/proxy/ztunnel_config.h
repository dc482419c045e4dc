#pragma once

// What a node's ztunnel knows before the control plane tells it the rest: its own pod, and the pods of its node, in
// whose networks it listens.

#include <cstdint>
#include <string>
#include <vector>

#include "mesh/base/socket_address.h"
#include "mesh/base/time.h"
#include "mesh/identity/spiffe_id.h"
#include "mesh/telemetry/workload_labels.h"
#include "mesh/wire/batch_signer.h"

namespace meshtwin {

struct ZtunnelPod {
  std::uint32_t pod = 0;  // its place in the Plan's pods
  std::string name;
  std::string
      node_id;  // as its readiness is reported: "ambient~10.1.0.2~backend-az-a-0.default~default.svc.cluster.local"
  std::uint32_t ip = 0;
  std::uint16_t app_port = 0;  // 0: serves nothing
  SpiffeId identity;
};

struct ZtunnelConfig {
  std::string node_id;    // "ztunnel~10.1.0.9~ztunnel-az-a-node-0.istio-system~istio-system.svc.cluster.local"
  std::uint32_t pod = 0;  // its own
  std::string node;
  SocketAddress control_plane;
  std::uint16_t authority_port = 15012;
  std::vector<ZtunnelPod> pods;
  Duration probe_interval = kSecond;
  std::uint32_t probe_failures = 3;
  KeyProvider key_provider;
  TelemetryConfig telemetry = {};
};

}  // namespace meshtwin
