#pragma once

// The Recorder of a role's process: gathers records into batches and hands them to whoever sends them. Until time zero
// is known their times are on an estimate; they wait here and are moved onto the run's clock when it begins.

#include <functional>
#include <string>
#include <vector>

#include "mesh/runtime/clock.h"
#include "mesh/telemetry/record.h"

namespace meshtwin {

class StreamRecorder : public Recorder {
 public:
  using Send = std::function<void(const std::string& batch)>;

  StreamRecorder(Clock& clock, Send send) : clock_(clock), send_(std::move(send)) {}

  void request(const RequestRecord& record) override;
  void attempt(const AttemptRecord& record) override;
  void event(EventRecord record) override;
  void access(AccessRecord record) override;
  void span(const SpanRecord& record) override;
  void metric(MetricRecord record) override;

  // Time zero is now known and lies `later` after the estimate that records have used so far.
  void begin(Duration later);
  void flush();

 private:
  void grown();

  Clock& clock_;
  Send send_;
  bool begun_ = false;
  std::vector<RequestRecord> early_requests_;
  std::vector<AttemptRecord> early_attempts_;
  std::vector<EventRecord> early_events_;
  std::vector<AccessRecord> early_accesses_;
  std::vector<SpanRecord> early_spans_;
  std::vector<MetricRecord> early_metrics_;
  std::string batch_;
  Timer flush_timer_;
  bool flush_timer_pending_ = false;
};

}  // namespace meshtwin
