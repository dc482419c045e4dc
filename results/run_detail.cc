#include "results/run_detail.h"

#include <algorithm>

#include "results/phases.h"

namespace meshtwin {
namespace {

std::vector<std::string> phase_names(const std::vector<Phase>& phases) {
  std::vector<std::string> names;
  if (phases.size() > 1) {
    for (const Phase& phase : phases) names.push_back(phase.name);
  }
  names.push_back(kWholeRun);
  return names;
}

// Sets lie as all routes' phases, then the first route's, …: a block of phases for each.
void fill_latencies(RunDetail& detail, const RunStore& store, const RunSubject& subject) {
  const std::vector<Phase> phases = phases_between(subject.marks, subject.duration);
  const std::vector<std::string> names = phase_names(phases);
  const bool by_route = subject.routes.size() > 1;
  std::vector<std::string> routes = {""};
  if (by_route) routes.insert(routes.end(), subject.routes.begin(), subject.routes.end());
  for (const std::string& route : routes) {
    for (const std::string& name : names) detail.latencies.push_back({name, route, {}});
  }
  store.each_request([&](const RequestRecord& request) {
    if (request.failure != Failure::none) return;
    const Duration latency = request.done - request.intended;
    const std::size_t phase = phase_at(phases, request.intended);
    const auto add = [&](std::size_t block) {
      const std::size_t first = block * names.size();
      detail.latencies[first + names.size() - 1].sorted.push_back(latency);
      if (names.size() > 1) detail.latencies[first + phase].sorted.push_back(latency);
    };
    add(0);
    if (by_route && request.load < subject.routes.size()) add(1 + request.load);
  });
  for (LatencySet& set : detail.latencies) std::sort(set.sorted.begin(), set.sorted.end());
}

// "10.1.0.7:8080" as the pod's name where it is one's.
std::string endpoint_name(const RunSubject& subject, const std::string& address) {
  const auto found = subject.pod_by_ip.find(address.substr(0, address.find(':')));
  return found == subject.pod_by_ip.end() ? address : found->second;
}

Time last_action_before(const RunSubject& subject, Time at) {
  Time last = 0;
  for (const RunSubject::Mark& mark : subject.marks) {
    if (mark.at <= at) last = std::max(last, mark.at);
  }
  return last;
}

void fill_endpoints(RunDetail& detail, const RunStore& store, const RunSubject& subject) {
  std::map<std::string, Time> ejected_at;
  for (const EventRecord& event : store.ordered_events()) {
    if (event.kind != "ejected" && event.kind != "returned") continue;
    const std::string name = endpoint_name(subject, event.subject);
    if (event.kind == "ejected") {
      if (!ejected_at.try_emplace(name, event.at).second) continue;
      detail.endpoints[name].ejected = event.at - last_action_before(subject, event.at);
    } else if (const auto known = ejected_at.find(name); known != ejected_at.end()) {
      EndpointTimes& times = detail.endpoints[name];
      if (!times.returned) times.returned = event.at - known->second;
    }
  }
}

}  // namespace

const LatencySet* RunDetail::find(const std::string& phase, const std::string& route) const {
  const auto found = std::find_if(latencies.begin(), latencies.end(),
                                  [&](const LatencySet& set) { return set.phase == phase && set.route == route; });
  return found == latencies.end() ? nullptr : &*found;
}

RunDetail detail_of(const RunStore& store, const RunSubject& subject) {
  RunDetail detail;
  fill_latencies(detail, store, subject);
  fill_endpoints(detail, store, subject);
  return detail;
}

}  // namespace meshtwin
