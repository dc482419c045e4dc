#pragma once

// The sidecar role: its data plane, the stream to the control plane that configures it, and the probe of its
// application, whose readiness it reports. Ready for load when it has its configuration and its application is ready.

#include <memory>

#include "mesh/control/xds_client.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/readiness_probe.h"
#include "mesh/proxy/sidecar_config.h"
#include "mesh/proxy/sidecar_proxy.h"
#include "mesh/runtime/role.h"

namespace meshtwin {

class Sidecar final : public Role {
 public:
  Sidecar(const SidecarConfig& config, const RoleSurroundings& surroundings);

  void start(Callback on_ready) override;

 private:
  void on_probe(bool ready);
  void check_ready();

  const SidecarConfig config_;
  ProxyContext context_;
  SidecarProxy proxy_;
  XdsClient xds_;
  ReadinessProbe probe_;
  bool synced_ = false;
  Callback on_ready_;
};

}  // namespace meshtwin
