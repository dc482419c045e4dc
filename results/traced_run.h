#pragma once

// A run's traces as its store holds them: the sampled requests, the spans of each, and of the rest what is needed to
// say where a quantile lies. Read from run.sqlite, also while the run goes on.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mesh/telemetry/record.h"
#include "results/run_subject.h"

namespace meshtwin {

struct TraceId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend auto operator<=>(const TraceId&, const TraceId&) = default;
};
std::string to_hex(const TraceId& trace);
std::string to_hex(std::uint64_t span);
std::optional<TraceId> parse_trace_id(const std::string& text);  // 16 or 32 hexadecimal digits

struct TracedRun {
  std::string scenario;
  std::string world;
  std::vector<RunSubject::Pod> pods;
  std::vector<std::string> loads;
  std::map<std::pair<std::string, std::string>, std::map<Time, Duration>> delays;  // one way, by zones, from when on
  std::vector<RequestRecord> requests;
  std::map<TraceId, std::vector<SpanRecord>> traces;  // each by begin
  Time unix_zero = 0;                                 // Unix time of time zero
  bool complete = false;                              // the run has come to its end

  // One way, as configured then; within a zone 0.
  Duration delay_between(std::uint32_t pod_a, std::uint32_t pod_b, Time at) const;
  // "frontend" for all its pods, else the pod's own name.
  std::string service_of(std::uint32_t pod) const;
};

// Throws Problem, when that is no store or one of a schema we do not know.
TracedRun read_traced_run(const std::string& store);

}  // namespace meshtwin
