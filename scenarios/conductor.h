#pragma once

// Runs a scenario's timeline against a world. It is the only one that holds the World seam: it puts faults on pods and
// links at their instants and takes them off again, the same way in both worlds, and writes each down as an event.

#include <optional>
#include <set>
#include <vector>

#include "mesh/base/function.h"
#include "mesh/resource/document_text.h"
#include "mesh/runtime/clock.h"
#include "mesh/telemetry/run_report.h"
#include "scenarios/scenario.h"

namespace meshtwin {

class Recorder;
class World;

class Conductor {
 public:
  // `progress` is told how much of the run's duration has passed, once a second of the world's time.
  Conductor(World& world, const Scenario& scenario, Recorder& recorder, Function<void(Time)> progress);

  RunReport run();

 private:
  void began();
  void act(const TimelineAction& action);
  std::string detail_of(const TimelineAction& action) const;
  void fault_pod(const TimelineAction& action, std::size_t pod);
  void restore_pod(std::size_t pod);
  void change(const TimelineAction& action);
  void scale(const TimelineAction& action);
  void tick();

  World& world_;
  const Scenario& scenario_;
  Recorder& recorder_;
  Function<void(Time)> progress_;
  std::vector<Timer> timers_;
  Timer progress_timer_;
  // Pods with a fault of each kind on them: what a restore has to undo.
  std::set<std::size_t> down_, cut_, slowed_, failing_;
  std::set<std::size_t> absent_;            // pods that are planned and not wanted at present
  std::vector<ConfigChange> changes_;       // of the documents, so far
  std::optional<std::size_t> changed_pod_;  // the control plane's, which was told of them
};

}  // namespace meshtwin
