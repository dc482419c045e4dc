#include "results/verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "results/convergence.h"
#include "results/lane_check.h"
#include "results/latency.h"

namespace meshtwin {
namespace {

using Metric = Expectation::Metric;

struct Measured {
  std::optional<double> value;
  std::string why;
};

bool in_window(const Expectation& expectation, Time at) {
  return at >= expectation.begin && (expectation.end == 0 || at < expectation.end);
}

bool counts(const Expectation& expectation, const RequestRecord& request) {
  return in_window(expectation, request.intended) && (!expectation.load || request.load == *expectation.load);
}

Measured measure_requests(const Expectation& expectation, const RunStore& store) {
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;
  std::uint64_t for_reason = 0;
  std::uint64_t with_status = 0;
  store.each_request([&](const RequestRecord& request) {
    if (!counts(expectation, request)) return;
    ++sent;
    with_status += request.status == expectation.status;
    if (request.failure == Failure::none) return;
    ++failed;
    if (name_of(request.failure) == expectation.reason) ++for_reason;
  });
  if (expectation.metric == Metric::requests) return {static_cast<double>(sent), ""};
  if (sent == 0) return {std::nullopt, "no request in this time"};
  if (expectation.metric == Metric::failed) {
    return {static_cast<double>(expectation.reason.empty() ? failed : for_reason), ""};
  }
  const std::uint64_t wanted = expectation.metric == Metric::status_share ? with_status : sent - failed;
  return {static_cast<double>(wanted) / static_cast<double>(sent), ""};
}

Measured measure_latency(const Expectation& expectation, const RunStore& store) {
  std::vector<Duration> latencies;
  store.each_request([&](const RequestRecord& request) {
    if (request.failure == Failure::none && counts(expectation, request)) {
      latencies.push_back(request.done - request.intended);
    }
  });
  if (latencies.empty()) return {std::nullopt, "no successful request in this time"};
  const LatencyFigures figures = figures_of(latencies);
  const auto figure = [&] {
    switch (expectation.metric) {
      case Metric::latency_mean:
        return figures.mean;
      case Metric::latency_p50:
        return figures.p50;
      case Metric::latency_p90:
        return figures.p90;
      case Metric::latency_p99:
        return figures.p99;
      case Metric::latency_p999:
        return figures.p999;
      default:
        return figures.max;
    }
  }();
  return {static_cast<double>(figure) / 1e6, ""};
}

Measured measure_zone_share(const Expectation& expectation, const RunStore& store, const RunSubject& subject) {
  std::uint64_t answered = 0;
  std::uint64_t by_zone = 0;
  store.each_attempt([&](const AttemptRecord& attempt) {
    if (attempt.status == 0 || !in_window(expectation, attempt.at)) return;
    const RunSubject::Pod& pod = subject.pods.at(attempt.to_pod);
    if (pod.service != expectation.service) return;
    ++answered;
    if (pod.zone == expectation.zone) ++by_zone;
  });
  if (answered == 0) return {std::nullopt, "no answered request to " + expectation.service + " in this time"};
  return {static_cast<double>(by_zone) / static_cast<double>(answered), ""};
}

// Attempts count whether or not they were answered: what is asked is where they went.
Measured measure_attempts(const Expectation& expectation, const RunStore& store, const RunSubject& subject) {
  std::uint64_t attempts = 0;
  std::uint64_t wanted = 0;
  store.each_attempt([&](const AttemptRecord& attempt) {
    const RunSubject::Pod& to = subject.pods.at(attempt.to_pod);
    if (to.service != expectation.service || !in_window(expectation, attempt.at)) return;
    const RunSubject::Pod& from = subject.pods.at(attempt.from_pod);
    if (!expectation.from.empty() && from.service != expectation.from && from.name != expectation.from) return;
    ++attempts;
    wanted += expectation.metric == Metric::pod_share ? to.name == expectation.pod : to.version == expectation.version;
  });
  if (expectation.metric == Metric::attempts) return {static_cast<double>(attempts), ""};
  if (expectation.metric == Metric::amplification) {
    std::uint64_t sent = 0;
    store.each_request([&](const RequestRecord& request) { sent += counts(expectation, request); });
    if (sent == 0) return {std::nullopt, "no request in this time"};
    return {static_cast<double>(attempts) / static_cast<double>(sent), ""};
  }
  if (attempts == 0) return {std::nullopt, "no attempt at " + expectation.service + " in this time"};
  return {static_cast<double>(wanted) / static_cast<double>(attempts), ""};
}

Measured measure_convergence(const Expectation& expectation, const std::vector<Convergence>& convergences) {
  std::optional<Duration> slowest;
  for (const Convergence& convergence : convergences) {
    if (!in_window(expectation, convergence.at)) continue;
    if (convergence.proxies == 0) return {std::nullopt, "no proxy has taken " + convergence.version + " over"};
    slowest = std::max(slowest.value_or(0), convergence.last);
  }
  if (!slowest) return {std::nullopt, "no document changes in this time"};
  return {static_cast<double>(*slowest) / 1e9, ""};
}

Measured measure_failover(const Expectation& expectation, const std::vector<Failover>& failovers) {
  std::optional<Duration> longest;
  for (const Failover& failover : failovers) {
    if (failover.service != expectation.service || !in_window(expectation, failover.at)) continue;
    if (!failover.after) {
      return {std::nullopt, fmt::format("the traffic did not leave {} before {:g} s", failover.zone,
                                        static_cast<double>(failover.until) / 1e9)};
    }
    longest = std::max(longest.value_or(0), *failover.after);
  }
  if (!longest) return {std::nullopt, "no zone of " + expectation.service + " fails in this time"};
  return {static_cast<double>(*longest) / 1e9, ""};
}

Measured measure_lanes(const Expectation& expectation, const RunStore& store, const RunSubject& subject) {
  const bool switches = expectation.metric == Metric::lane_switches;
  const LaneCheck check = check_lanes(store, subject,
                                      {switches ? expectation.lane : "", expectation.baseline,
                                       [&](const RequestRecord& request) { return counts(expectation, request); }});
  if (check.traces == 0) return {std::nullopt, "no traced request in this time visited a service with lanes"};
  if (!switches) {
    const auto found = check.by_lane.find(expectation.lane);
    const std::uint64_t through = found == check.by_lane.end() ? 0 : found->second;
    return {static_cast<double>(through) / static_cast<double>(check.traces), ""};
  }
  const std::string why = check.examples.empty() ? "" : "such as " + check.examples.front();
  return {static_cast<double>(check.switched), why};
}

Measured measure(const Expectation& expectation, const RunStore& store, const RunSubject& subject,
                 const std::vector<Failover>& failovers) {
  switch (expectation.metric) {
    case Metric::status_share:
    case Metric::success_rate:
    case Metric::requests:
    case Metric::failed:
      return measure_requests(expectation, store);
    case Metric::zone_share:
      return measure_zone_share(expectation, store, subject);
    case Metric::failover:
      return measure_failover(expectation, failovers);
    case Metric::lane_switches:
    case Metric::lane_share:
      return measure_lanes(expectation, store, subject);
    case Metric::version_share:
    case Metric::pod_share:
    case Metric::attempts:
    case Metric::amplification:
      return measure_attempts(expectation, store, subject);
    case Metric::convergence:
      return measure_convergence(expectation, convergences_of(store));
    default:
      return measure_latency(expectation, store);
  }
}

std::string show(Metric metric, double value) {
  switch (metric) {
    case Metric::success_rate:
    case Metric::zone_share:
    case Metric::lane_share:
    case Metric::version_share:
    case Metric::pod_share:
    case Metric::status_share:
      return fmt::format("{:.2f} %", value * 100);
    case Metric::requests:
    case Metric::failed:
    case Metric::attempts:
    case Metric::lane_switches:
      return fmt::format("{:.0f}", value);
    case Metric::amplification:
      return fmt::format("{:.3f}", value);
    case Metric::convergence:
    case Metric::failover:
      return fmt::format("{:.3f} s", value);
    default:
      return fmt::format("{:.3f} ms", value);
  }
}

}  // namespace

Verdict unjudged(const Expectation& expectation) {
  return {expectation.text, std::nullopt, "-", false, "needs both worlds"};
}

Verdict evaluate(const Expectation& expectation, const RunStore& store, const RunSubject& subject,
                 const std::vector<Failover>& failovers) {
  const Measured measured = measure(expectation, store, subject, failovers);
  Verdict verdict{expectation.text, measured.value, "-", false, measured.why};
  if (!measured.value) return verdict;
  verdict.shown = show(expectation.metric, *measured.value);
  verdict.pass = (!expectation.at_least || *measured.value >= *expectation.at_least) &&
                 (!expectation.at_most || *measured.value <= *expectation.at_most);
  return verdict;
}

}  // namespace meshtwin
