#pragma once

// A run in figures: what summary.json holds, typed. Computed from the run's records, its subject and its world's
// report, and from nothing else, so a simulated run's summary is the same bytes on every machine. Every figure is
// defined in README.md.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mesh/base/time.h"
#include "mesh/telemetry/run_report.h"
#include "results/convergence.h"
#include "results/failover.h"
#include "results/golden_signals.h"
#include "results/latency.h"
#include "results/run_store.h"
#include "results/run_subject.h"
#include "results/verdict.h"

namespace meshtwin {

inline constexpr int kSummarySchema = 1;

struct RequestCounts {
  std::uint64_t sent = 0;
  std::uint64_t ok = 0;
  std::map<std::string, std::uint64_t> failed;  // by reason, only those that occurred

  friend bool operator==(const RequestCounts&, const RequestCounts&) = default;
};

// Service -> zone -> attempts answered there. Zones that hold a pod of the service are always named.
using ServiceZones = std::map<std::string, std::map<std::string, std::uint64_t>>;

struct Phase {
  std::string name;  // "start", then "after " and what the timeline did
  Time begin = 0;
  Time end = 0;
  RequestCounts requests;
  LatencyFigures latency;
  ServiceZones services;

  friend bool operator==(const Phase&, const Phase&) = default;
};

struct RoleFigures {
  std::string kind;
  Duration cpu = 0;
  std::int64_t memory_peak = -1;  // bytes; -1: not known

  friend bool operator==(const RoleFigures&, const RoleFigures&) = default;
};

// Equal slices of the run, for charts.
struct Series {
  struct Slice {
    std::uint64_t requests = 0;
    std::uint64_t failed = 0;
    std::optional<Duration> p50;
    std::optional<Duration> p99;

    friend bool operator==(const Slice&, const Slice&) = default;
  };
  Duration width = 0;
  std::vector<Slice> slices;
  std::map<std::string, std::map<std::string, std::vector<std::uint64_t>>> answered;  // service, zone, slice

  friend bool operator==(const Series&, const Series&) = default;
};

struct AttemptCounts {
  std::uint64_t total = 0;
  std::uint64_t retries = 0;
  std::map<std::string, std::uint64_t> failed;

  friend bool operator==(const AttemptCounts&, const AttemptCounts&) = default;
};

struct Lateness {  // of the load generators: sent - intended
  Duration p50 = 0;
  Duration p99 = 0;
  Duration max = 0;
  Duration at_the_end = 0;  // median of the last 100 sends

  friend bool operator==(const Lateness&, const Lateness&) = default;
};

struct SummaryMark {
  Time at = 0;
  std::string text;
  friend bool operator==(const SummaryMark&, const SummaryMark&) = default;
};

struct Summary {
  std::string scenario;
  std::string world;
  std::uint64_t seed = 0;
  Duration duration = 0;
  std::vector<std::string> invalid_reasons;
  std::uint64_t fingerprint = 0;
  std::uint64_t arrivals = 0;
  RequestCounts requests;
  LatencyFigures latency;
  std::vector<Phase> phases;
  ServiceZones services;
  ServiceSignals signals;
  std::vector<Failover> failovers;
  std::vector<Convergence> convergences = {};
  std::map<std::string, RoleFigures> roles;
  std::vector<Verdict> expectations;
  std::vector<Verdict> unjudged;  // those of the model's error: a comparison answers for them
  AttemptCounts attempts;
  Lateness generator;
  std::vector<LinkQuality> links;
  double utilisation = 0;
  double steal = 0;
  std::int64_t data_segments = -1;  // RunReport's
  std::optional<double> traversals_per_request =
      std::nullopt;                                // of a kernel's TCP: half of those segments for each request
  std::map<std::string, ShortcutUsage> shortcuts;  // RunReport's
  std::vector<std::string> warnings;               // likewise
  std::uint64_t events_executed = 0;
  std::vector<SummaryMark> marks;
  Series series;
  std::map<std::string, std::string> provenance;

  bool valid() const { return invalid_reasons.empty(); }
  bool all_met() const;  // every expectation
};

Summary summarise(const RunStore& store, const RunSubject& subject, const RunReport& report);

// The longest of a service's failovers; empty when one of them never came about.
std::map<std::string, std::optional<Duration>> longest_failovers(const std::vector<Failover>& failovers);

// Share of a zone in what its service answered; empty when it answered nothing.
std::optional<double> share_of(const ServiceZones& services, const std::string& service, const std::string& zone);

}  // namespace meshtwin
