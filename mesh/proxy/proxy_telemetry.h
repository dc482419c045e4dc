#pragma once

// A proxy's metrics as a whole: the registry, what is counted of its traffic, the pages where they are scraped, and
// what is written down of them over time.

#include <initializer_list>
#include <optional>
#include <string>

#include "mesh/base/time.h"
#include "mesh/proxy/mesh_metrics.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/runtime/metric_journal.h"
#include "mesh/telemetry/workload_labels.h"
#include "mesh/wire/page_server.h"

namespace meshtwin {

inline constexpr std::uint16_t kEnvoyMetricsPort = 15090;  // GET /stats/prometheus
inline constexpr std::uint16_t kAgentMetricsPort = 15020;  // the same, and /metrics; a ztunnel's only one

class ProxyTelemetry {
 public:
  // Puts itself into the context, which goes before it. `principal`: its SPIFFE ID; empty: it has no identity.
  // `reporter`: of what it sends on; `inbound`: it counts what comes in for its pod, too.
  ProxyTelemetry(ProxyContext& context, const TelemetryConfig& config, Reporter reporter, bool inbound,
                 const std::string& principal);

  MeshMetrics& outbound() { return outbound_; }
  MeshMetrics* inbound() { return inbound_.has_value() ? &*inbound_ : nullptr; }
  MetricRegistry& registry() { return registry_; }
  // Of both (MeshMetrics).
  void ask_with(const MeshMetrics::Ask& ask);
  void name(std::uint32_t ip, const WorkloadLabels& workload);

  // False: a port is taken.
  bool listen(std::initializer_list<std::uint16_t> ports = {kEnvoyMetricsPort, kAgentMetricsPort});
  void begin() { journal_.begin(config_.journal_every, context_.node_id); }
  void report() { journal_.write(); }

 private:
  ProxyContext& context_;
  const TelemetryConfig config_;
  MetricRegistry registry_;
  MeshMetrics outbound_;
  std::optional<MeshMetrics> inbound_;
  MetricJournal journal_;
  PageServer pages_;
};

}  // namespace meshtwin
