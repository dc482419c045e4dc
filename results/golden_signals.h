#pragma once

// The four golden signals of each service in each zone: how long its answers took, how much it was asked, how much of
// that failed, and how full it was. The first three come from the attempts of whoever called it, the last from what its
// workloads wrote down of themselves and from the processor time of its pods' roles. Defined in README.md.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "mesh/base/time.h"
#include "mesh/telemetry/run_report.h"
#include "results/run_store.h"
#include "results/run_subject.h"

namespace meshtwin {

struct GoldenSignals {
  std::optional<Duration> p50;  // of answered attempts, within 0.1 %
  std::optional<Duration> p90;
  std::optional<Duration> p99;
  std::uint64_t attempts = 0;
  std::uint64_t errors = 0;
  double per_second = 0;
  // Empty where no workload wrote metrics down: an unmodified program, a pod of a proxy.
  std::optional<double> workers_busy;       // share of the workers, mean over the run
  std::optional<double> queue;              // requests waiting in all its pods, mean over the run
  std::optional<std::uint64_t> queue_peak;  // of the pod where most waited
  double cores = 0;                         // that its pods' roles kept busy, mean over the run

  friend bool operator==(const GoldenSignals&, const GoldenSignals&) = default;
};

using ServiceSignals = std::map<std::string, std::map<std::string, GoldenSignals>>;  // service, zone

ServiceSignals golden_signals_of(const RunStore& store, const RunSubject& subject, const RunReport& report);

}  // namespace meshtwin
