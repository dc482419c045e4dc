#pragma once

// Who a workload is, in the words of Istio's metrics. A proxy knows its own from its configuration, an endpoint's from
// the endpoint's metadata over xDS, and any other peer's when it has asked its control plane about the address.

#include <string>
#include <string_view>

#include "mesh/base/time.h"
#include "mesh/telemetry/access_log.h"

namespace meshtwin {

struct WorkloadLabels {
  std::string workload;  // "backend-az-a", of which backend-az-a-0 is a pod; empty: nobody knows
  std::string name_space = "default";
  std::string app;                 // its canonical service: the label app
  std::string version = "latest";  // its canonical revision: the label version
  std::string cluster = "Kubernetes";

  bool known() const { return !workload.empty(); }
  friend bool operator==(const WorkloadLabels&, const WorkloadLabels&) = default;
};

// What a proxy is told about its own telemetry.
struct TelemetryConfig {
  WorkloadLabels self = {};
  std::string service = {};    // host that its pod serves; empty: none
  Duration journal_every = 0;  // between the times they are written down; 0: only at the run's end
  AccessLogFormat access_log_format = AccessLogFormat::text;
};

// As Istio writes them into an endpoint's metadata: "backend-az-a;default;backend;v1;Kubernetes".
std::string to_text(const WorkloadLabels& labels);
// Unknown where the text is not of that form.
WorkloadLabels parse_workload_labels(std::string_view text);

}  // namespace meshtwin
