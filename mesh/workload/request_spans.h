#pragma once

// The spans of one sampled request at a workload: its own, from when it came to when it was answered, and one for each
// call that it makes.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mesh/telemetry/record.h"
#include "mesh/wire/trace_context.h"

namespace meshtwin {

class RequestSpans {
 public:
  RequestSpans(std::uint32_t pod, const TraceContext& context, const RequestHead& head, Time now);

  void on_worker(Time now);
  void on_compute(Time now);
  void on_computed(Time now);
  void expect_calls(std::size_t count);  // of one step: those of the step before are over
  // Stays where it is until the next step's.
  SpanRecord& begin_call(std::size_t call, const TraceContext& context, Method method, Time now);
  void end_call(Recorder& recorder, std::size_t call) { recorder.span(calls_[call]); }
  void on_answer(Time now, std::uint16_t status);
  void end(Recorder& recorder, Time now);
  void withdraw(Recorder& recorder, Time now);  // its client is gone

 private:
  SpanRecord server_;
  std::vector<SpanRecord> calls_;
  Time compute_begun_ = 0;
  bool has_worker_ = false;
  bool computes_ = false;
};

}  // namespace meshtwin
