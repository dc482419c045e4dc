#include "mesh/workload/workload_metrics.h"

#include <string>

namespace meshtwin {
namespace {

constexpr MetricFamily kWorkers{"meshtwin_workload_workers", "Requests that a pod works on at once", MetricKind::gauge};
constexpr MetricFamily kBusy{"meshtwin_workload_workers_busy", "Workers that have a request", MetricKind::gauge};
constexpr MetricFamily kQueue{"meshtwin_workload_queue", "Requests that wait for a worker", MetricKind::gauge};
constexpr MetricFamily kQueuePeak{"meshtwin_workload_queue_peak", "Most requests that have waited at once",
                                  MetricKind::gauge};
constexpr MetricFamily kBusySeconds{"meshtwin_workload_busy_seconds_total", "Time that workers had requests, summed",
                                    MetricKind::counter};
constexpr MetricFamily kQueueSeconds{"meshtwin_workload_queue_seconds_total",
                                     "Time that requests waited for a worker, summed", MetricKind::counter};

}  // namespace

WorkloadMetrics::WorkloadMetrics(const WorkloadConfig& config, const RoleSurroundings& surroundings)
    : config_(config),
      runtime_(surroundings.runtime),
      journal_(surroundings.runtime, surroundings.recorder, registry_, surroundings.pod),
      pages_(surroundings.runtime, surroundings.wire == Wire::real ? real_codecs().detect : modelled_codecs().detect,
             kPrometheusContentType) {
  LabelText labels;
  labels.add("service", config.service);
  const auto in_seconds = [this](const Level& level) {
    return static_cast<double>(level.total(runtime_.clock.now())) / static_cast<double>(kSecond);
  };
  registry_.watch(kWorkers, labels, [this] { return static_cast<double>(config_.workers); });
  registry_.watch(kBusy, labels, [this] { return static_cast<double>(busy_.now()); });
  registry_.watch(kQueue, labels, [this] { return static_cast<double>(queue_.now()); });
  registry_.watch(kQueuePeak, labels, [this] { return static_cast<double>(queue_.peak()); });
  registry_.watch(kBusySeconds, labels, [this, in_seconds] { return in_seconds(busy_); });
  registry_.watch(kQueueSeconds, labels, [this, in_seconds] { return in_seconds(queue_); });
  pages_.add("/metrics", [this] { return registry_.text(); });
}

void WorkloadMetrics::listen(Network& network) {
  if (config_.port != kWorkloadMetricsPort) pages_.listen(network, {0, kWorkloadMetricsPort});
}

// Draws by the pod's place: all pods of a service have the same name.
void WorkloadMetrics::begin() {
  journal_.begin(config_.journal_every, config_.service + "/" + std::to_string(journal_.pod()));
}

}  // namespace meshtwin
