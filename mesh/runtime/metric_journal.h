#pragma once

// Writes a role's metrics down over time: at an interval each sample that has changed, and what is left when the run is
// over. Roles begin at instants of their own within the first interval, drawn by their names, so that a run's processes
// do not all do it at once.

#include <cstdint>
#include <string>

#include "mesh/base/time.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/runtime.h"
#include "mesh/telemetry/metrics.h"
#include "mesh/telemetry/record.h"

namespace meshtwin {

class MetricJournal {
 public:
  // `pod`: whose, its place in the Plan's pods.
  MetricJournal(Runtime& runtime, Recorder& recorder, MetricRegistry& registry, std::uint32_t pod)
      : runtime_(runtime), recorder_(recorder), registry_(registry), pod_(pod) {}

  // `interval` 0: only when it is told to.
  void begin(Duration interval, const std::string& name);
  void write();
  std::uint32_t pod() const { return pod_; }

 private:
  void write_after(Duration delay);

  Runtime& runtime_;
  Recorder& recorder_;
  MetricRegistry& registry_;
  const std::uint32_t pod_;
  Duration interval_ = 0;
  Timer timer_;
};

}  // namespace meshtwin
