#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "results/fingerprint.h"
#include "results/phases.h"
#include "results/summary.h"

namespace meshtwin {
namespace {

constexpr Duration kLatenessLimit = kMillisecond;  // at p99
constexpr Duration kLatenessAtTheEndLimit = 5 * kMillisecond;
constexpr std::size_t kLastSends = 100;

void count(RequestCounts& counts, const RequestRecord& request) {
  ++counts.sent;
  if (request.failure == Failure::none) {
    ++counts.ok;
  } else {
    ++counts.failed[std::string(name_of(request.failure))];
  }
}

std::size_t slice_at(const Series& series, Time at) {
  const auto place = static_cast<std::size_t>(std::max<Time>(at, 0) / series.width);
  return std::min(place, series.slices.size() - 1);
}

void fill_requests(Summary& summary, const RunStore& store) {
  std::vector<Duration> all;
  std::vector<std::vector<Duration>> by_phase(summary.phases.size());
  std::vector<std::vector<Duration>> by_slice(summary.series.slices.size());
  store.each_request([&](const RequestRecord& request) {
    const std::size_t phase = phase_at(summary.phases, request.intended);
    const std::size_t slice = slice_at(summary.series, request.intended);
    count(summary.requests, request);
    count(summary.phases[phase].requests, request);
    ++summary.series.slices[slice].requests;
    if (request.failure != Failure::none) {
      ++summary.series.slices[slice].failed;
      return;
    }
    const Duration latency = request.done - request.intended;
    all.push_back(latency);
    by_phase[phase].push_back(latency);
    by_slice[slice].push_back(latency);
  });
  summary.latency = figures_of(all);
  for (std::size_t i = 0; i < by_phase.size(); ++i) summary.phases[i].latency = figures_of(by_phase[i]);
  for (std::size_t i = 0; i < by_slice.size(); ++i) {
    if (by_slice[i].empty()) continue;
    summary.series.slices[i].p50 = nearest_rank(by_slice[i], 500);
    summary.series.slices[i].p99 = nearest_rank(by_slice[i], 990);
  }
}

// Answered attempts at one pod.
struct PodAnswers {
  std::vector<std::uint64_t> by_phase;
  std::vector<std::uint64_t> by_slice;
};

std::vector<PodAnswers> count_attempts(Summary& summary, const RunStore& store, std::size_t pod_count) {
  std::vector<PodAnswers> pods(pod_count);
  std::array<std::uint64_t, kFailureCount> failed{};
  store.each_attempt([&](const AttemptRecord& attempt) {
    ++summary.attempts.total;
    if (attempt.retry) ++summary.attempts.retries;
    ++failed.at(static_cast<std::size_t>(attempt.failure));
    if (attempt.status == 0) return;
    PodAnswers& pod = pods.at(attempt.to_pod);
    if (pod.by_phase.empty()) {
      pod.by_phase.resize(summary.phases.size());
      pod.by_slice.resize(summary.series.slices.size());
    }
    ++pod.by_phase[phase_at(summary.phases, attempt.at)];
    ++pod.by_slice[slice_at(summary.series, attempt.at)];
  });
  for (std::size_t i = 1; i < failed.size(); ++i) {
    if (failed[i] > 0) summary.attempts.failed[std::string(kFailureNames[i])] = failed[i];
  }
  return pods;
}

void fill_attempts(Summary& summary, const RunStore& store, const RunSubject& subject) {
  const std::vector<PodAnswers> answers = count_attempts(summary, store, subject.pods.size());
  for (std::size_t i = 0; i < subject.pods.size(); ++i) {
    const std::string& service = subject.pods[i].service;
    const std::string& zone = subject.pods[i].zone;
    if (service.empty()) continue;
    // Naming the entry is wanted where nothing was answered too: a zone without traffic has a share of 0.
    std::uint64_t& total = summary.services[service][zone];
    std::vector<std::uint64_t>& slices = summary.series.answered[service][zone];
    slices.resize(summary.series.slices.size());
    for (std::size_t phase = 0; phase < summary.phases.size(); ++phase) {
      const std::uint64_t answered = answers[i].by_phase.empty() ? 0 : answers[i].by_phase[phase];
      summary.phases[phase].services[service][zone] += answered;
      total += answered;
    }
    for (std::size_t slice = 0; slice < answers[i].by_slice.size(); ++slice)
      slices[slice] += answers[i].by_slice[slice];
  }
}

void fill_lateness(Summary& summary, const RunStore& store) {
  std::vector<std::pair<Time, Duration>> sends;
  store.each_request([&sends](const RequestRecord& request) {
    sends.emplace_back(request.intended, request.sent - request.intended);
  });
  if (sends.empty()) return;
  std::sort(sends.begin(), sends.end());
  std::vector<Duration> last;
  for (std::size_t i = sends.size() - std::min(sends.size(), kLastSends); i < sends.size(); ++i) {
    last.push_back(sends[i].second);
  }
  std::vector<Duration> all;
  all.reserve(sends.size());
  for (const auto& send : sends) all.push_back(send.second);
  summary.generator.at_the_end = nearest_rank(last, 500);
  summary.generator.p50 = nearest_rank(all, 500);
  summary.generator.p99 = nearest_rank(all, 990);
  summary.generator.max = *std::max_element(all.begin(), all.end());
}

// Beside what the world found wrong with its run.
void judge(Summary& summary) {
  if (summary.requests.sent == 0) summary.invalid_reasons.push_back("no request was sent");
  // A simulated generator is never busy with anything but its schedule; if it is late, that is what was modelled.
  if (summary.world != "emu") return;
  const auto ms = [](Duration duration) { return static_cast<double>(duration) / 1e6; };
  const Lateness& late = summary.generator;
  if (late.p99 > kLatenessLimit) {
    summary.invalid_reasons.push_back(fmt::format("the load generator was late: {:.2f} ms at p99, more than {:g} ms",
                                                  ms(late.p99), ms(kLatenessLimit)));
  }
  if (late.at_the_end > kLatenessAtTheEndLimit) {
    summary.invalid_reasons.push_back(
        fmt::format("the load generator fell behind: its last sends were {:.2f} ms late", ms(late.at_the_end)));
  }
}

void fill_report(Summary& summary, const RunReport& report) {
  summary.invalid_reasons = report.invalid_reasons;
  for (const auto& [name, usage] : report.roles) summary.roles[name] = {usage.kind, usage.cpu, usage.memory_peak};
  summary.links = report.links;
  summary.utilisation = report.utilisation;
  summary.data_segments = report.data_segments;
  summary.shortcuts = report.shortcuts;
  summary.warnings = report.warnings;
  summary.steal = report.steal;
  summary.events_executed = report.events;
}

}  // namespace

Summary summarise(const RunStore& store, const RunSubject& subject, const RunReport& report) {
  Summary summary;
  summary.scenario = subject.scenario;
  summary.world = subject.world;
  summary.seed = subject.seed;
  summary.duration = subject.duration;
  summary.provenance = subject.provenance;
  summary.fingerprint = fingerprint_of(store);
  summary.arrivals = arrivals_fingerprint_of(store);
  summary.phases = phases_between(subject.marks, subject.duration);
  summary.series.width = slice_width(subject.duration);
  summary.series.slices.resize(static_cast<std::size_t>(
      std::max<Duration>(1, (subject.duration + summary.series.width - 1) / summary.series.width)));
  for (const RunSubject::Mark& mark : subject.marks) summary.marks.push_back({mark.at, mark.text});
  fill_report(summary, report);
  fill_requests(summary, store);
  fill_attempts(summary, store, subject);
  summary.signals = golden_signals_of(store, subject, report);
  fill_lateness(summary, store);
  if (summary.data_segments >= 0 && summary.requests.sent > 0) {
    summary.traversals_per_request =
        static_cast<double>(summary.data_segments) / 2 / static_cast<double>(summary.requests.sent);
  }
  judge(summary);
  summary.failovers = failovers_of(store, subject);
  summary.convergences = convergences_of(store);
  for (const Expectation& expectation : subject.expectations) {
    if (expectation.of_model()) {
      summary.unjudged.push_back(unjudged(expectation));
    } else {
      summary.expectations.push_back(evaluate(expectation, store, subject, summary.failovers));
    }
  }
  return summary;
}

bool Summary::all_met() const {
  return std::all_of(expectations.begin(), expectations.end(), [](const Verdict& verdict) { return verdict.pass; });
}

std::map<std::string, std::optional<Duration>> longest_failovers(const std::vector<Failover>& failovers) {
  std::map<std::string, std::optional<Duration>> longest;
  for (const Failover& failover : failovers) {
    const auto [place, fresh] = longest.try_emplace(failover.service, failover.after);
    if (fresh) continue;
    const bool both = place->second.has_value() && failover.after.has_value();
    place->second = both ? std::max(place->second, failover.after) : std::nullopt;
  }
  return longest;
}

std::optional<double> share_of(const ServiceZones& services, const std::string& service, const std::string& zone) {
  const auto found = services.find(service);
  if (found == services.end()) return std::nullopt;
  std::uint64_t all = 0;
  for (const auto& [name, answered] : found->second) all += answered;
  const auto at = found->second.find(zone);
  if (all == 0) return std::nullopt;
  return at == found->second.end() ? 0.0 : static_cast<double>(at->second) / static_cast<double>(all);
}

}  // namespace meshtwin
