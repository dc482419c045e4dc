#include "mesh/proxy/sidecar.h"

#include <utility>

#include "mesh/runtime/chance.h"

namespace meshtwin {

Sidecar::Sidecar(const SidecarConfig& config, const RoleSurroundings& surroundings)
    : config_(config),
      context_{surroundings.runtime,
               surroundings.network,
               surroundings.recorder,
               surroundings.wire == Wire::real ? http1_codec() : modelled_codec(),
               config.pod,
               surroundings.pod_of_ip,
               config.node_id,
               surroundings.runtime.chance.stream("retry/" + config.node_id),
               surroundings.runtime.chance.stream("request-id/" + config.node_id)},
      proxy_(context_, config.app_port),
      xds_(surroundings.runtime, surroundings.network,
           {.node_id = config.node_id,
            .control_plane = config.control_plane,
            .modelled_wire = surroundings.wire == Wire::modelled},
           proxy_.config()),
      probe_(surroundings.runtime, surroundings.network,
             {.target = {kLoopback, config.app_port},
              .interval = config.probe_interval,
              .failures = config.probe_failures},
             [this](bool ready) { on_probe(ready); }) {}

void Sidecar::start(Callback on_ready) {
  on_ready_ = std::move(on_ready);
  if (!proxy_.listen()) {
    context_.recorder.event(
        {context_.runtime.clock.now(), "listen_failed", config_.node_id, "port 15001 or 15006 is taken"});
    return;
  }
  xds_.start([this] {
    synced_ = true;
    check_ready();
  });
  if (config_.app_port != 0) probe_.start();
}

void Sidecar::on_probe(bool ready) {
  xds_.report_health(ready, ready ? "" : "connections to the application fail");
  check_ready();
}

void Sidecar::check_ready() {
  if (!on_ready_ || !synced_ || (config_.app_port != 0 && !probe_.ready())) return;
  Callback on_ready = std::move(on_ready_);
  on_ready_ = {};
  on_ready();
}

}  // namespace meshtwin
