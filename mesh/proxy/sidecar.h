#pragma once

// The sidecar role: its data plane, the stream to the control plane that configures it, its certificate, and the probe
// of its application, whose readiness it reports. Ready for load when it has its configuration and its certificate, and
// its application is ready.

#include <memory>

#include "mesh/control/xds_client.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/proxy_identity.h"
#include "mesh/proxy/proxy_telemetry.h"
#include "mesh/proxy/readiness_probe.h"
#include "mesh/proxy/sidecar_config.h"
#include "mesh/proxy/sidecar_proxy.h"
#include "mesh/runtime/role.h"

namespace meshtwin {

class Sidecar final : public Role {
 public:
  Sidecar(const SidecarConfig& config, const RoleSurroundings& surroundings);

  void start(Callback on_ready) override;
  void begin(Callback) override { telemetry_.begin(); }
  void report() override { telemetry_.report(); }

 private:
  void on_probe(bool ready);
  void report_health();
  void check_ready();

  const SidecarConfig config_;
  ProxyContext context_;
  ProxyTelemetry telemetry_;
  std::unique_ptr<ProxyIdentity> identity_;  // where there is mutual TLS
  SidecarProxy proxy_;
  XdsClient xds_;
  ReadinessProbe probe_;
  bool synced_ = false;
  bool certified_ = false;
  bool reported_ready_ = false;
  Callback on_ready_;
};

}  // namespace meshtwin
