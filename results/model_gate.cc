#include "results/model_gate.h"

#include <fmt/format.h>

#include <cmath>

namespace meshtwin {
namespace {

using Metric = Expectation::Metric;

// An error with its sign, or why there is none.
struct Found {
  std::optional<double> error;
  std::optional<Interval> interval;
  std::string why;
};

// The larger of two; one that could not be told is the largest of all.
void take_larger(Found& largest, Found other) {
  if (largest.error && (!other.error || std::abs(*other.error) > std::abs(*largest.error))) largest = std::move(other);
}

const char* figure_name(Metric metric) {
  switch (metric) {
    case Metric::model_error_p50:
    case Metric::model_error_mesh_added_p50:
      return "p50";
    case Metric::model_error_p90:
    case Metric::model_error_mesh_added_p90:
      return "p90";
    default:
      return "p99";
  }
}

Found of_latency(const std::vector<LatencyRow>& rows, Metric metric, const char* where_none) {
  for (const LatencyRow& row : rows) {
    if (row.phase != kWholeRun || row.figure != figure_name(metric)) continue;
    const std::optional<double> error = relative_error(row.sim, row.emu);
    if (error) return {error, row.intervals.sim, ""};
  }
  return {std::nullopt, std::nullopt, where_none};
}

Found of_distance(const Comparison& comparison) {
  for (const DistanceRow& row : comparison.distances) {
    if (row.phase == kWholeRun && row.route.empty() && row.figure == "wasserstein" && row.sim)
      return {row.sim, row.intervals.sim, ""};
  }
  return {std::nullopt, std::nullopt, "no successful request in one of the worlds"};
}

// A zone that answered nothing in either world has no share there, and no error.
Found of_shares(const std::vector<ShareRow>& rows, const std::string& what) {
  std::optional<Found> largest;
  for (const ShareRow& row : rows) {
    if (!row.sim && !row.emu) continue;
    Found found{std::nullopt, std::nullopt, fmt::format("{} {}: only one world has {}", row.service, row.phase, what)};
    if (row.sim && row.emu) found = {*row.sim - *row.emu, row.interval, ""};
    if (largest) {
      take_larger(*largest, std::move(found));
    } else {
      largest = std::move(found);
    }
  }
  return largest.value_or(Found{std::nullopt, std::nullopt, "neither world has " + what});
}

Found of_failovers(const Comparison& comparison, const std::string& service) {
  for (const FailoverRow& row : comparison.failovers) {
    if (row.service != service) continue;
    const std::optional<double> error = relative_error(row.sim, row.emu);
    if (error && row.repeats == comparison.seeds.size()) return {error, row.interval, ""};
    return {std::nullopt, std::nullopt, "its traffic did not leave in time in each world and repeat"};
  }
  return {std::nullopt, std::nullopt, "no zone of " + service + " fails"};
}

Found find(const Comparison& comparison, const Expectation& expectation) {
  switch (expectation.metric) {
    case Metric::model_error_mesh_added_p50:
    case Metric::model_error_mesh_added_p90:
    case Metric::model_error_mesh_added_p99:
      return of_latency(comparison.mesh_added, expectation.metric,
                        comparison.mesh_added.empty() ? "there are no runs without a mesh beside"
                                                      : "the mesh adds nothing above zero in the real run");
    case Metric::model_error_distance:
      return of_distance(comparison);
    case Metric::model_error_share:
      return of_shares(comparison.shares, "zone shares");
    case Metric::model_error_success:
      return of_shares(comparison.success, "requests");
    case Metric::model_error_failover:
      return of_failovers(comparison, expectation.service);
    default:
      return of_latency(comparison.latency, expectation.metric, "no successful request in one of the worlds");
  }
}

bool in_points(Metric metric) {
  return metric == Metric::model_error_share || metric == Metric::model_error_success;
}

std::string show(const Found& found, Metric metric) {
  const bool unsigned_always = metric == Metric::model_error_distance;
  const char* unit = in_points(metric) ? "points" : "%";
  std::string text = unsigned_always ? fmt::format("{:.2f} {}", 100 * *found.error, unit)
                                     : fmt::format("{:+.2f} {}", 100 * *found.error, unit);
  if (found.interval)
    text += fmt::format(" ({:+.2f} to {:+.2f})", 100 * found.interval->low, 100 * found.interval->high);
  return text;
}

}  // namespace

std::vector<ModelVerdict> judge_model(const Comparison& comparison, const std::vector<Expectation>& expectations) {
  std::vector<ModelVerdict> verdicts;
  for (const Expectation& expectation : expectations) {
    if (!expectation.of_model()) continue;
    const Found found = find(comparison, expectation);
    ModelVerdict judged{{expectation.text, std::nullopt, "-", false, found.why}, found.interval};
    if (found.error) {
      judged.verdict.value = std::abs(*found.error);
      judged.verdict.shown = show(found, expectation.metric);
      judged.verdict.pass = !expectation.at_most || *judged.verdict.value <= *expectation.at_most;
    }
    verdicts.push_back(std::move(judged));
  }
  return verdicts;
}

}  // namespace meshtwin
