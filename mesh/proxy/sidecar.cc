#include "mesh/proxy/sidecar.h"

#include <utility>

namespace meshtwin {

Sidecar::Sidecar(const SidecarConfig& config, const RoleSurroundings& surroundings)
    : config_(config),
      context_(make_proxy_context(surroundings, config.node_id, config.pod)),
      telemetry_(context_, config.telemetry, Reporter::source, true,
                 config.mtls == Mtls::disable ? "" : to_string(config.identity)),
      identity_(config.mtls == Mtls::disable
                    ? nullptr
                    : std::make_unique<ProxyIdentity>(surroundings, config.node_id,
                                                      SocketAddress{config.control_plane.ip, config.authority_port},
                                                      config.key_provider)),
      proxy_(context_, {.app_port = config.app_port,
                        .app_protocol = config.app_protocol,
                        .mtls = config.mtls,
                        .identity = to_string(config.identity)}),
      xds_(surroundings.runtime, surroundings.network,
           {.node_id = config.node_id,
            .control_plane = config.control_plane,
            .modelled_wire = surroundings.wire == Wire::modelled},
           proxy_.config()),
      probe_(surroundings.runtime, surroundings.network,
             {.target = {kLoopback, config.app_port},
              .interval = config.probe_interval,
              .failures = config.probe_failures},
             [this](bool ready) { on_probe(ready); }),
      certified_(identity_ == nullptr) {
  if (identity_ != nullptr) context_.tls = &identity_->tls();
  context_.access_log = config.access_log;
  context_.tracing = config.tracing;
  context_.extra_delay = config.extra_delay;
  telemetry_.ask_with([this](std::uint32_t ip) { xds_.ask_about(ip); });
}

void Sidecar::start(Callback on_ready) {
  on_ready_ = std::move(on_ready);
  if (!proxy_.listen() || !telemetry_.listen()) {
    context_.recorder.event(
        {context_.runtime.clock.now(), "listen_failed", config_.node_id, "port 15001, 15006, 15020 or 15090 is taken"});
    return;
  }
  if (identity_ != nullptr) {
    identity_->start(config_.identity, [this] {
      certified_ = true;
      report_health();
      check_ready();
    });
  }
  xds_.start([this] {
    synced_ = true;
    check_ready();
  });
  if (config_.app_port != 0) probe_.start();
}

void Sidecar::on_probe(bool) {
  report_health();
  check_ready();
}

// Without a certificate nobody would get through to the application.
void Sidecar::report_health() {
  if (config_.app_port == 0) return;
  const bool ready = probe_.ready() && certified_;
  if (ready == reported_ready_) return;
  reported_ready_ = ready;
  xds_.report_health(ready, ready ? "" : "connections to the application fail");
}

void Sidecar::check_ready() {
  if (!on_ready_ || !synced_ || !certified_ || (config_.app_port != 0 && !probe_.ready())) return;
  Callback on_ready = std::move(on_ready_);
  on_ready_ = {};
  on_ready();
}

}  // namespace meshtwin
