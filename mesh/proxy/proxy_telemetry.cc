#include "mesh/proxy/proxy_telemetry.h"

namespace meshtwin {

ProxyTelemetry::ProxyTelemetry(ProxyContext& context, const TelemetryConfig& config, Reporter reporter, bool inbound,
                               const std::string& principal)
    : context_(context),
      config_(config),
      outbound_(registry_, reporter, config.self, principal, config.service),
      journal_(context.runtime, context.recorder, registry_, context.pod),
      pages_(context.runtime, context.codecs.detect, kPrometheusContentType) {
  if (inbound) inbound_.emplace(registry_, Reporter::destination, config.self, principal, config.service);
  context.access_log_format = config.access_log_format;
  context.metrics = &outbound_;
  context.inbound_metrics = this->inbound();
  for (const char* path : {"/stats/prometheus", "/metrics"}) pages_.add(path, [this] { return registry_.text(); });
}

void ProxyTelemetry::ask_with(const MeshMetrics::Ask& ask) {
  outbound_.ask_with(ask);
  if (inbound_.has_value()) inbound_->ask_with(ask);
}

void ProxyTelemetry::name(std::uint32_t ip, const WorkloadLabels& workload) {
  outbound_.name(ip, workload);
  if (inbound_.has_value()) inbound_->name(ip, workload);
}

bool ProxyTelemetry::listen(std::initializer_list<std::uint16_t> ports) {
  bool all = true;
  for (const std::uint16_t port : ports) all = pages_.listen(context_.network, {0, port}) && all;
  return all;
}

}  // namespace meshtwin
