#pragma once

// The control plane's own metrics, of those that Istio's has: what it has pushed, to how many proxies, and how long a
// change took to be sent to them. Served on 15014 and written down over time.

#include <cstddef>
#include <functional>
#include <string_view>

#include "mesh/base/time.h"
#include "mesh/runtime/metric_journal.h"
#include "mesh/runtime/network.h"
#include "mesh/runtime/role.h"
#include "mesh/telemetry/metrics.h"
#include "mesh/wire/page_server.h"

namespace meshtwin {

inline constexpr std::uint16_t kControlMetricsPort = 15014;  // GET /metrics

class ControlMetrics {
 public:
  // `streams`: how many proxies are connected now.
  ControlMetrics(const RoleSurroundings& surroundings, std::function<std::size_t()> streams);

  void pushed(std::string_view type_url);
  void converged(Duration after) { convergence_.add(after); }  // one proxy has been sent a change

  void listen(Network& network) { pages_.listen(network, {0, kControlMetricsPort}); }
  void begin(Duration every) { journal_.begin(every, "control-plane"); }
  void report() { journal_.write(); }

 private:
  MetricRegistry registry_;
  BucketCounts& convergence_;
  MetricJournal journal_;
  PageServer pages_;
};

}  // namespace meshtwin
