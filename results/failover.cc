#include "results/failover.h"

#include <algorithm>

namespace meshtwin {
namespace {

constexpr Duration kWindow = kSecond;
constexpr std::size_t kShareDivisor = 100;  // at most 1 in 100

// The instants at which the window's content may become acceptable: an attempt on the failed zone has just left it, or
// one elsewhere has just entered it. Between two of them nothing can begin to hold.
std::vector<Time> candidates(const std::vector<AttemptStart>& attempts, Time failed, Time until) {
  std::vector<Time> instants = {failed};
  for (const AttemptStart& attempt : attempts) {
    const Time instant = attempt.to_failed_zone ? attempt.at + 1 : attempt.at - kWindow + 1;
    if (instant > failed && instant + kWindow <= until) instants.push_back(instant);
  }
  std::sort(instants.begin(), instants.end());
  return instants;
}

Time end_of(const RunSubject& subject, const RunSubject::Mark& failure) {
  for (const RunSubject::Mark& mark : subject.marks) {
    if (mark.kind != RunSubject::Mark::Kind::restore || mark.at <= failure.at) continue;
    const bool same_service = mark.service.empty() || mark.service == failure.service;
    const bool same_zone = mark.zone.empty() || mark.zone == failure.zone;
    if (same_service && same_zone) return mark.at;
  }
  return subject.duration;
}

}  // namespace

std::optional<Duration> failover_after(std::vector<AttemptStart>& attempts, Time failed, Time until) {
  std::sort(attempts.begin(), attempts.end(), [](const AttemptStart& a, const AttemptStart& b) { return a.at < b.at; });
  if (failed + kWindow > until) return std::nullopt;
  std::size_t first = 0;  // attempts[first, last) are those in the window
  std::size_t last = 0;
  std::size_t on_failed_zone = 0;
  for (const Time t : candidates(attempts, failed, until)) {
    for (; last < attempts.size() && attempts[last].at < t + kWindow; ++last) {
      on_failed_zone += attempts[last].to_failed_zone ? 1 : 0;
    }
    for (; first < last && attempts[first].at < t; ++first) on_failed_zone -= attempts[first].to_failed_zone ? 1 : 0;
    if (last > first && on_failed_zone * kShareDivisor <= last - first) return t - failed;
  }
  return std::nullopt;
}

std::vector<Failover> failovers_of(const RunStore& store, const RunSubject& subject) {
  std::vector<Failover> failovers;
  for (const RunSubject::Mark& mark : subject.marks) {
    // Where every zone fails there is nowhere to go.
    if (mark.kind != RunSubject::Mark::Kind::fail || mark.service.empty() || mark.zone.empty()) continue;
    Failover failover{mark.service, mark.zone, mark.at, end_of(subject, mark), std::nullopt};
    std::vector<AttemptStart> attempts;
    store.each_attempt([&](const AttemptRecord& attempt) {
      if (attempt.at < failover.at || attempt.at >= failover.until) return;
      const RunSubject::Pod& pod = subject.pods.at(attempt.to_pod);
      if (pod.service == failover.service) attempts.push_back({attempt.at, pod.zone == failover.zone});
    });
    failover.after = failover_after(attempts, failover.at, failover.until);
    failovers.push_back(std::move(failover));
  }
  return failovers;
}

}  // namespace meshtwin
