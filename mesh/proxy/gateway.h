#pragma once

// The gateway role: its data plane, the stream to the control plane that configures it, and its certificate. Ready for
// load when it has both. It reports itself ready then: it has no other application.

#include <memory>

#include "mesh/control/xds_client.h"
#include "mesh/proxy/gateway_config.h"
#include "mesh/proxy/gateway_proxy.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/proxy_identity.h"
#include "mesh/proxy/proxy_telemetry.h"
#include "mesh/runtime/role.h"
#include "mesh/wire/hbone.h"

namespace meshtwin {

class Gateway final : public Role {
 public:
  Gateway(const GatewayConfig& config, const RoleSurroundings& surroundings);

  void start(Callback on_ready) override;
  void begin(Callback) override { telemetry_.begin(); }
  void report() override { telemetry_.report(); }

 private:
  void check_ready();

  const GatewayConfig config_;
  ProxyIdentity identity_;
  const std::unique_ptr<HbonePool> tunnels_;
  ProxyContext context_;
  ProxyTelemetry telemetry_;
  GatewayProxy proxy_;
  XdsClient xds_;
  bool synced_ = false;
  bool certified_ = false;
  Callback on_ready_;
};

}  // namespace meshtwin
