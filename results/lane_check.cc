#include "results/lane_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace meshtwin {
namespace {

constexpr std::size_t kExamples = 5;

using TraceKey = std::pair<std::uint64_t, std::uint64_t>;

struct Visit {
  TraceKey trace;
  Time at = 0;
  std::uint32_t pod = 0;
};

class LaneRules {
 public:
  LaneRules(const RunSubject& subject, const LaneQuestion& question)
      : subject_(subject), fallback_(subject.lane_fallback) {
    if (!question.baseline.empty()) fallback_.lane = question.baseline;
    std::set<std::string> lanes;
    for (const RunSubject::Pod& pod : subject.pods) {
      if (pod.lane.empty()) continue;
      lanes_of_[pod.service].insert(pod.lane);
      lanes.insert(pod.lane);
    }
    if (!question.lane.empty()) {
      candidates_ = {question.lane};
      return;
    }
    if (lanes.erase(fallback_.lane) > 0) candidates_.push_back(fallback_.lane);
    candidates_.insert(candidates_.end(), lanes.begin(), lanes.end());
  }

  bool concerns(std::uint32_t pod) const { return lanes_of_.contains(subject_.pods.at(pod).service); }

  // The lane that explains all of them; null: there is none.
  const std::string* lane_of(const std::vector<Visit>& visits) const {
    for (const std::string& lane : candidates_) {
      if (std::ranges::all_of(visits, [&](const Visit& visit) { return may_serve(subject_.pods[visit.pod], lane); })) {
        return &lane;
      }
    }
    return nullptr;
  }

 private:
  bool may_serve(const RunSubject::Pod& pod, const std::string& lane) const {
    if (lanes_of_.at(pod.service).contains(lane)) return pod.lane == lane;
    const auto own = fallback_.by_service.find(pod.service);
    const std::string& instead = own == fallback_.by_service.end() ? fallback_.lane : own->second;
    return instead.empty() ? !fallback_.strict : pod.lane == instead;
  }

  const RunSubject& subject_;
  RunSubject::LaneFallback fallback_;
  std::map<std::string, std::set<std::string>> lanes_of_;  // of each service
  std::vector<std::string> candidates_;                    // the baseline first
};

// By trace, and in each by time.
std::vector<Visit> visits_of(const RunStore& store, const LaneRules& rules, const std::set<TraceKey>& traces) {
  std::vector<Visit> visits;
  for (const SpanRecord& span : store.spans()) {
    if (span.kind != SpanKind::inbound && span.kind != SpanKind::server) continue;
    const TraceKey trace{span.trace_high, span.trace_low};
    if (rules.concerns(span.pod) && traces.contains(trace)) visits.push_back({trace, span.begin, span.pod});
  }
  std::ranges::sort(visits, [](const Visit& a, const Visit& b) {
    return std::tie(a.trace, a.at, a.pod) < std::tie(b.trace, b.at, b.pod);
  });
  return visits;
}

std::string describe(const std::vector<Visit>& visits, const RunSubject& subject) {
  std::string text = fmt::format("{:016x}{:016x}:", visits.front().trace.first, visits.front().trace.second);
  std::uint32_t before = kNoPeer;  // a sidecar's span and its application's are one visit
  for (const Visit& visit : visits) {
    if (visit.pod != before) text += ' ' + subject.pods[visit.pod].name;
    before = visit.pod;
  }
  return text;
}

}  // namespace

LaneCheck check_lanes(const RunStore& store, const RunSubject& subject, const LaneQuestion& question) {
  const LaneRules rules(subject, question);
  std::set<TraceKey> traces;
  store.each_request([&](const RequestRecord& request) {
    if (request.sampled() && (!question.counts || question.counts(request)))
      traces.emplace(request.trace_high, request.trace_low);
  });
  LaneCheck check;
  const std::vector<Visit> visits = visits_of(store, rules, traces);
  for (auto begin = visits.begin(); begin != visits.end();) {
    const auto end = std::find_if(begin, visits.end(), [&](const Visit& visit) { return visit.trace != begin->trace; });
    const std::vector<Visit> trace(begin, end);
    begin = end;
    ++check.traces;
    if (const std::string* found = rules.lane_of(trace)) {
      ++check.by_lane[*found];
      continue;
    }
    ++check.switched;
    if (check.examples.size() < kExamples) check.examples.push_back(describe(trace, subject));
  }
  return check;
}

}  // namespace meshtwin
