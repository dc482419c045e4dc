#pragma once

// The ztunnel role, one for a node: serves each of the node's pods from inside its network, with one certificate for
// each service account among them. It is told of the mesh's workloads and services over its xDS stream, and reports on
// the same stream whether its pods' applications are ready. Ready for load when it has its configuration and its
// certificates, and the applications are ready.

#include <map>
#include <memory>
#include <vector>

#include "mesh/control/certificate_client.h"
#include "mesh/control/xds_client.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/proxy_telemetry.h"
#include "mesh/proxy/readiness_probe.h"
#include "mesh/proxy/workload_index.h"
#include "mesh/proxy/ztunnel_config.h"
#include "mesh/proxy/ztunnel_pod.h"
#include "mesh/runtime/role.h"

namespace meshtwin {

class Ztunnel final : public Role {
 public:
  Ztunnel(const ZtunnelConfig& config, const RoleSurroundings& surroundings);
  ~Ztunnel() override;

  void start(Callback on_ready) override;
  void begin(Callback) override { telemetry_.begin(); }
  void report() override { telemetry_.report(); }

 private:
  class Sink;
  struct Served;  // one pod
  struct Account {
    std::unique_ptr<TlsContext> tls;
    bool certified = false;
  };

  void add_pod(const ZtunnelPod& pod, const RoleSurroundings& surroundings);
  void report_health(Served& served);
  void check_ready();

  const ZtunnelConfig config_;
  ProxyContext context_;
  ProxyTelemetry telemetry_;
  WorkloadIndex index_;
  std::unique_ptr<Sink> sink_;
  CertificateClient certificates_;
  std::map<SpiffeId, Account> accounts_;
  std::vector<std::unique_ptr<Served>> pods_;
  XdsClient xds_;
  bool synced_ = false;
  Callback on_ready_;
};

}  // namespace meshtwin
