#pragma once

// The simulator held against the emulator: what the model's errors are. Three yardsticks stand beside an error: a null
// model (the same simulation with every cost zero), what the mesh alone adds (each world minus its own run without a
// mesh, so that compute times common to both cannot hide a wrong mesh), and the emulator against itself, below which no
// model can be told from the truth. Comparisons of several repeats are combined into one: then figures are means over
// the repeats, and errors have intervals.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/bootstrap.h"
#include "results/run_detail.h"
#include "results/summary.h"
#include "results/verdict.h"

namespace meshtwin {

inline constexpr int kComparisonSchema = 1;

struct ComparedRun {
  const Summary* summary = nullptr;   // null: the run was not made
  const RunDetail* detail = nullptr;  // null: nothing is said of distributions, routes and endpoints

  ComparedRun() = default;
  ComparedRun(const Summary* summary, const RunDetail* detail = nullptr) : summary(summary), detail(detail) {}
};

// The two runs compared, and those that were made beside them.
struct ComparedRuns {
  ComparedRun sim = {};
  ComparedRun emu = {};
  ComparedRun sim_bare = {};       // without a mesh
  ComparedRun emu_bare = {};       // likewise
  ComparedRun sim_null = {};       // with the null cost profile
  ComparedRun sim_null_bare = {};  // with it and without a mesh
  ComparedRun emu_repeat = {};     // the emulator once more
};

// Of a row's errors, over the repeats; empty: one run has none.
struct ErrorIntervals {
  std::optional<Interval> sim;
  std::optional<Interval> null_model;
  std::optional<Interval> repeat;
};

// A latency quantile of one phase, as each run had it; for mesh-added latency, the quantile minus that of the paired
// run.
struct LatencyRow {
  std::string phase;   // kWholeRun for all of it
  std::string figure;  // "p50", "p90", "p99"
  std::optional<Duration> sim;
  std::optional<Duration> emu;
  std::optional<Duration> null_model;
  std::optional<Duration> repeat;
  std::string route = {};  // empty: all of them
  ErrorIntervals intervals = {};
  std::size_t repeats = 1;  // in how many of them both worlds had it
};

// How far a run's whole distribution of latencies is from the emulator's.
struct DistanceRow {
  std::string phase;
  std::string route;
  std::string figure;  // "wasserstein", of the emulator's mean; "kolmogorov_smirnov"
  std::optional<double> sim;
  std::optional<double> null_model;
  std::optional<double> repeat;
  ErrorIntervals intervals = {};
  std::size_t repeats = 1;
};

// A share as both worlds had it: of a zone, of successful requests, of retries.
struct ShareRow {
  std::string phase;
  std::string service;
  std::string zone;
  std::optional<double> sim;
  std::optional<double> emu;
  std::optional<Interval> interval = {};  // of the difference
  std::size_t repeats = 1;
};

struct CountRow {
  std::string name;
  std::uint64_t sim = 0;
  std::uint64_t emu = 0;
};

struct FailoverRow {
  std::string service;
  std::optional<Duration> sim;
  std::optional<Duration> emu;
  std::optional<Interval> interval = {};  // of the error
  std::size_t repeats = 1;
};

// When an endpoint was put out of use, and taken back (EndpointTimes).
struct EndpointRow {
  std::string endpoint;
  std::string event;  // "ejected", "returned"
  std::optional<Duration> sim;
  std::optional<Duration> emu;
  std::optional<Interval> interval = {};
  std::size_t repeats = 1;
};

struct CpuRow {
  std::string kind;
  std::optional<double> sim_us;  // per request, over all roles of the kind
  std::optional<double> emu_us;
  std::optional<Interval> interval = {};
  std::size_t repeats = 1;
};

// An expectation of the model's error (results/model_gate.h).
struct ModelVerdict {
  Verdict verdict;
  std::optional<Interval> interval;  // of the error, signed

  friend bool operator==(const ModelVerdict&, const ModelVerdict&) = default;
};

struct Comparison {
  std::string scenario;
  std::uint64_t seed = 0;                    // the first repeat's
  std::vector<std::uint64_t> seeds;          // of each repeat
  std::vector<std::string> invalid_reasons;  // of any run taken part, each naming it
  bool same_arrivals = false;                // both were asked for the same requests at the same instants
  std::vector<LatencyRow> latency;           // p50, p90, p99 by phase, then of the whole run
  std::vector<LatencyRow> mesh_added;        // likewise; empty without the paired runs
  std::vector<LatencyRow> route_latency;     // likewise by route; empty where there is only one
  std::vector<LatencyRow> route_mesh_added;
  std::vector<DistanceRow> distances;  // of each phase, then of the whole run; of all routes, then of each
  std::vector<ShareRow> shares;
  CountRow sent;  // over all repeats
  CountRow ok;
  std::vector<CountRow> failed;   // by reason
  std::vector<ShareRow> success;  // by phase, then of the whole run
  std::optional<ShareRow> retries;
  std::vector<FailoverRow> failovers;
  std::vector<EndpointRow> endpoints;
  std::vector<CpuRow> cpu;
  std::vector<ModelVerdict> expectations;

  bool all_met() const;  // every one of them
};

Comparison compare(const ComparedRuns& runs);

// One of several repeats. `repeats` is not empty; one comes back as it is.
Comparison combine(const std::vector<Comparison>& repeats);

// (model - real) / real; empty where either is missing or the real one is not above zero.
std::optional<double> relative_error(std::optional<double> model, std::optional<double> real);
std::optional<double> relative_error(std::optional<Duration> model, std::optional<Duration> real);

// CPU time by kind of role, in microseconds a request.
std::map<std::string, double> cpu_us_by_kind(const Summary& summary);

// comparison.json, documented in README.md.
std::string to_json(const Comparison& comparison);

}  // namespace meshtwin
