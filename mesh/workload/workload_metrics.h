#pragma once

// How full a workload is: workers busy and requests waiting for one, now, at most and summed up over time, so that any
// stretch of time has its exact mean. Served on kWorkloadMetricsPort and written down over time.

#include <algorithm>
#include <cstdint>

#include "mesh/base/time.h"
#include "mesh/runtime/metric_journal.h"
#include "mesh/runtime/role.h"
#include "mesh/runtime/runtime.h"
#include "mesh/telemetry/metrics.h"
#include "mesh/wire/page_server.h"
#include "mesh/workload/workload_config.h"

namespace meshtwin {

inline constexpr std::uint16_t kWorkloadMetricsPort = 9090;  // GET /metrics

// A number that goes up and down, and what it comes to over time.
class Level {
 public:
  void set(std::size_t level, Time now) {
    sum_ = total(now);
    since_ = now;
    level_ = level;
    peak_ = std::max(peak_, level);
  }
  std::size_t now() const { return level_; }
  std::size_t peak() const { return peak_; }
  // Of level times nanoseconds.
  std::int64_t total(Time now) const { return sum_ + static_cast<std::int64_t>(level_) * (now - since_); }

 private:
  std::size_t level_ = 0;
  std::size_t peak_ = 0;
  Time since_ = 0;
  std::int64_t sum_ = 0;
};

class WorkloadMetrics {
 public:
  WorkloadMetrics(const WorkloadConfig& config, const RoleSurroundings& surroundings);

  void busy(std::size_t workers) { busy_.set(workers, runtime_.clock.now()); }
  void queued(std::size_t requests) {
    if (requests != queue_.now()) queue_.set(requests, runtime_.clock.now());
  }

  // Where another program has the port, nobody can scrape it; it is written down all the same.
  void listen(Network& network);
  void begin();
  void report() { journal_.write(); }

 private:
  const WorkloadConfig& config_;
  Runtime& runtime_;
  Level busy_;
  Level queue_;
  MetricRegistry registry_;
  MetricJournal journal_;
  PageServer pages_;
};

}  // namespace meshtwin
