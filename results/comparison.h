#pragma once

// The simulator held against the emulator: what the model's errors are. Three yardsticks stand beside an error: a null
// model (the same simulation with every cost zero), what the mesh alone adds (each world minus its own run without a
// mesh, so that compute times common to both cannot hide a wrong mesh), and the emulator against itself, below which no
// model can be told from the truth.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/summary.h"

namespace meshtwin {

inline constexpr int kComparisonSchema = 1;

// The two runs compared, and those that were made beside them (null: not made).
struct ComparedRuns {
  const Summary* sim = nullptr;
  const Summary* emu = nullptr;
  const Summary* sim_bare = nullptr;       // without a mesh
  const Summary* emu_bare = nullptr;       // likewise
  const Summary* sim_null = nullptr;       // with the null cost profile
  const Summary* sim_null_bare = nullptr;  // with it and without a mesh
  const Summary* emu_repeat = nullptr;     // the emulator once more
};

// A latency quantile of one phase, as each run had it; for mesh-added latency, the quantile minus that of the paired
// run.
struct LatencyRow {
  std::string phase;   // "whole run" for all of it
  std::string figure;  // "p50", "p90", "p99"
  std::optional<Duration> sim;
  std::optional<Duration> emu;
  std::optional<Duration> null_model;
  std::optional<Duration> repeat;
};

struct ShareRow {
  std::string phase;
  std::string service;
  std::string zone;
  std::optional<double> sim;
  std::optional<double> emu;
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
};

struct CpuRow {
  std::string kind;
  std::optional<double> sim_us;  // per request, over all roles of the kind
  std::optional<double> emu_us;
};

struct Comparison {
  std::string scenario;
  std::uint64_t seed = 0;
  std::vector<std::string> invalid_reasons;  // of any run taken part, each naming it
  bool same_arrivals = false;                // both were asked for the same requests at the same instants
  std::vector<LatencyRow> latency;           // p50, p90, p99 by phase, then of the whole run
  std::vector<LatencyRow> mesh_added;        // p50, p99 likewise; empty without the paired runs
  std::vector<ShareRow> shares;
  CountRow sent;
  CountRow ok;
  std::vector<CountRow> failed;  // by reason
  std::vector<FailoverRow> failovers;
  std::vector<CpuRow> cpu;
};

Comparison compare(const ComparedRuns& runs);

// (model - real) / real; empty where either is missing or the real one is not above zero.
std::optional<double> relative_error(std::optional<double> model, std::optional<double> real);
std::optional<double> relative_error(std::optional<Duration> model, std::optional<Duration> real);

// CPU time by kind of role, in microseconds a request.
std::map<std::string, double> cpu_us_by_kind(const Summary& summary);

// comparison.json, documented in README.md.
std::string to_json(const Comparison& comparison);

}  // namespace meshtwin
