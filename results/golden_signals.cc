#include "results/golden_signals.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "mesh/base/histogram.h"

namespace meshtwin {
namespace {

// A counter that starts again at 0 when its process does: what it has grown by in all.
class Growth {
 public:
  void see(double value) {
    total_ += value >= last_ ? value - last_ : value;
    last_ = value;
  }
  double total() const { return total_; }

 private:
  double last_ = 0;
  double total_ = 0;
};

// What one pod's workload wrote down.
struct PodSaturation {
  double workers = 0;  // 0: nothing was written
  double queue_peak = 0;
  Growth busy_seconds;
  Growth queue_seconds;
};

std::vector<PodSaturation> read_saturation(const RunStore& store, std::size_t pod_count) {
  std::vector<PodSaturation> pods(pod_count);
  store.each_metric([&](Time, std::uint32_t place, std::string_view series, double value) {
    if (place >= pod_count) return;
    PodSaturation& pod = pods[place];
    const std::string_view name = series.substr(0, series.find('{'));
    if (name == "meshtwin_workload_workers") pod.workers = value;
    if (name == "meshtwin_workload_queue_peak") pod.queue_peak = std::max(pod.queue_peak, value);
    if (name == "meshtwin_workload_busy_seconds_total") pod.busy_seconds.see(value);
    if (name == "meshtwin_workload_queue_seconds_total") pod.queue_seconds.see(value);
  });
  return pods;
}

// Of one service in one zone, while it is put together.
struct Sums {
  GoldenSignals signals;
  Histogram latency;
  double workers = 0;
  double busy_seconds = 0;
  double queue_seconds = 0;
  std::uint64_t queue_peak = 0;
};

void take(Sums& sums, const PodSaturation& pod) {
  if (pod.workers == 0) return;
  sums.workers += pod.workers;
  sums.busy_seconds += pod.busy_seconds.total();
  sums.queue_seconds += pod.queue_seconds.total();
  sums.queue_peak = std::max(sums.queue_peak, static_cast<std::uint64_t>(pod.queue_peak));
}

void take(Sums& sums, const AttemptRecord& attempt) {
  ++sums.signals.attempts;
  if (attempt.failure != Failure::none && attempt.failure != Failure::http_4xx) ++sums.signals.errors;
  if (attempt.status != 0) sums.latency.add(attempt.done - attempt.at);
}

GoldenSignals finished(Sums& sums, double seconds) {
  GoldenSignals& signals = sums.signals;
  if (sums.latency.count() > 0) {
    signals.p50 = sums.latency.quantile(0.5);
    signals.p90 = sums.latency.quantile(0.9);
    signals.p99 = sums.latency.quantile(0.99);
  }
  signals.per_second = static_cast<double>(signals.attempts) / seconds;
  if (sums.workers > 0) {
    signals.workers_busy = sums.busy_seconds / (sums.workers * seconds);
    signals.queue = sums.queue_seconds / seconds;
    signals.queue_peak = sums.queue_peak;
  }
  signals.cores /= seconds;
  return signals;
}

}  // namespace

ServiceSignals golden_signals_of(const RunStore& store, const RunSubject& subject, const RunReport& report) {
  std::map<std::pair<std::string, std::string>, Sums> sums;
  std::vector<Sums*> of_pod;
  std::map<std::string_view, Sums*> by_name;
  const std::vector<PodSaturation> saturation = read_saturation(store, subject.pods.size());
  for (std::size_t i = 0; i < subject.pods.size(); ++i) {
    const RunSubject::Pod& pod = subject.pods[i];
    of_pod.push_back(pod.service.empty() ? nullptr : &sums[{pod.service, pod.zone}]);
    if (of_pod.back() == nullptr) continue;
    by_name[pod.name] = of_pod.back();
    take(*of_pod.back(), saturation[i]);
  }
  store.each_attempt([&](const AttemptRecord& attempt) {
    if (Sums* to = of_pod.at(attempt.to_pod)) take(*to, attempt);
  });
  for (const auto& [role, usage] : report.roles) {
    const auto pod = by_name.find(std::string_view(role).substr(0, role.find('/')));
    if (pod != by_name.end()) pod->second->signals.cores += static_cast<double>(usage.cpu) / 1e9;
  }
  ServiceSignals signals;
  const double seconds = std::max(1e-9, static_cast<double>(subject.duration) / 1e9);
  for (auto& [place, sum] : sums) signals[place.first][place.second] = finished(sum, seconds);
  return signals;
}

}  // namespace meshtwin
