#include "mesh/proxy/gateway.h"

#include <utility>

#include "mesh/runtime/clock.h"

namespace meshtwin {

Gateway::Gateway(const GatewayConfig& config, const RoleSurroundings& surroundings)
    : config_(config),
      identity_(surroundings, config.node_id, {config.control_plane.ip, config.authority_port}, config.key_provider),
      tunnels_(make_hbone_pool(surroundings.runtime, surroundings.network, codecs_of(surroundings.wire).http2,
                               identity_.tls())),
      context_(make_proxy_context(surroundings, config.node_id, config.pod, &identity_.tls(), tunnels_.get())),
      telemetry_(context_, config.telemetry, Reporter::source, false, to_string(config.identity)),
      proxy_(context_, config.ports),
      xds_(surroundings.runtime, surroundings.network,
           {.node_id = config.node_id,
            .control_plane = config.control_plane,
            .modelled_wire = surroundings.wire == Wire::modelled},
           proxy_.config()) {
  context_.access_log = config.access_log;
  context_.tracing = config.tracing;
  context_.span_kind = SpanKind::gateway;
  context_.extra_delay = config.extra_delay;
}

void Gateway::start(Callback on_ready) {
  on_ready_ = std::move(on_ready);
  if (!proxy_.listen() || !telemetry_.listen()) {
    context_.recorder.event(
        {context_.runtime.clock.now(), "listen_failed", config_.node_id, "one of its ports is taken"});
    return;
  }
  identity_.start(config_.identity, [this] {
    certified_ = true;
    // Not only when it has its endpoints: a control plane that starts sends none before it has heard of every pod.
    xds_.report_health(true, "");
    check_ready();
  });
  xds_.start([this] {
    synced_ = true;
    check_ready();
  });
}

void Gateway::check_ready() {
  if (!on_ready_ || !synced_ || !certified_) return;
  Callback on_ready = std::move(on_ready_);
  on_ready_ = {};
  on_ready();
}

}  // namespace meshtwin
