#pragma once

// One line of a scenario's `expect`: a metric of the run, over all of it or a part, held against a bound. Those of the
// model's error are of the run in both worlds.

#include <cstdint>
#include <optional>
#include <string>

#include "mesh/base/time.h"

namespace meshtwin {

struct Expectation {
  enum class Metric {
    success_rate,  // share 0..1 of the requests
    zone_share,    // share 0..1 of the requests to `service` that `zone` answered
    latency_mean,  // milliseconds, of successful requests, from the intended send time
    latency_p50,
    latency_p90,
    latency_p99,
    latency_p999,
    latency_max,
    requests,       // how many were sent
    failed,         // how many failed (with `reason`, if given)
    failover,       // seconds; see results/README.md
    version_share,  // share 0..1 of the attempts to `service` that went to pods of `version`
    pod_share,      // likewise to `pod`
    status_share,   // share 0..1 of the requests that were answered with `status`
    attempts,       // how many to `service`
    amplification,  // those for each request
    convergence,    // seconds from a change of documents to the last proxy's effect; the slowest change
    lane_switches,  // how many traced requests did not stay in their lane; see results/README.md
    lane_share,     // share 0..1 of the traced requests that went through `lane`
    // Of the simulator against the emulator, the sign left away: shares of the emulator's figure, or differences of
    // shares.
    model_error_p50,
    model_error_p90,
    model_error_p99,
    model_error_mesh_added_p50,
    model_error_mesh_added_p90,
    model_error_mesh_added_p99,
    model_error_distance,  // Wasserstein-1 between the distributions, of the emulator's mean
    model_error_share,     // the largest difference of a zone share in any phase
    model_error_success,   // likewise of the share of successful requests
    model_error_failover,  // the largest, or that of `service`
  };

  std::string text;  // as printed: "zone_share backend az-b at least 99% during 15s..26s"
  Metric metric = Metric::success_rate;
  std::string service;             // zone_share, failover, model_error_failover
  std::string zone;                // zone_share
  std::string reason;              // failed
  std::optional<double> at_least;  // in the metric's unit
  std::optional<double> at_most;
  Time begin = 0;             // by the intended send time; the end is not included
  Time end = 0;               // 0: the run's whole duration
  std::string lane = {};      // lane_share; lane_switches: the one that all of them are in
  std::string baseline = {};  // lane_…: the lane that stands in for pods that others lack; empty: as the group says
  std::string version = {};   // version_share
  std::string pod = {};       // pod_share
  std::string from = {};      // of attempts: only those of this service's pods, or of this pod
  std::uint16_t status = 0;   // status_share
  std::optional<std::uint32_t> load = {};  // of requests: only this load's

  bool of_model() const { return metric >= Metric::model_error_p50; }  // needs both worlds
  bool needs_bare_runs() const {                                       // and in each a run without a mesh
    return metric >= Metric::model_error_mesh_added_p50 && metric <= Metric::model_error_mesh_added_p99;
  }
};

}  // namespace meshtwin
