#include "results/comparison.h"

#include <algorithm>
#include <cassert>
#include <set>

#include "results/distance.h"
#include "results/latency.h"

namespace meshtwin {
namespace {

struct Figure {
  const char* name;
  Duration LatencyFigures::*member;
  std::uint64_t per_mille;
};
constexpr Figure kFigures[] = {
    {"p50", &LatencyFigures::p50, 500}, {"p90", &LatencyFigures::p90, 900}, {"p99", &LatencyFigures::p99, 990}};

// Of all requests from the summary, of one route's from the run's detail. Phases are matched by name: a run whose
// timeline differs has no figure there.
std::optional<Duration> figure_of(const ComparedRun& run, const std::string& phase, const std::string& route,
                                  const Figure& figure) {
  if (!route.empty()) {
    const LatencySet* set = run.detail == nullptr ? nullptr : run.detail->find(phase, route);
    if (set == nullptr || set->sorted.empty()) return std::nullopt;
    return set->sorted[rank_index(set->sorted.size(), figure.per_mille)];
  }
  if (run.summary == nullptr) return std::nullopt;
  const LatencyFigures* latency = phase == kWholeRun ? &run.summary->latency : nullptr;
  for (const Phase& candidate : run.summary->phases) {
    if (candidate.name == phase) latency = &candidate.latency;
  }
  if (latency == nullptr || latency->count == 0) return std::nullopt;
  return latency->*figure.member;
}

std::vector<std::string> phase_names(const Summary& summary) {
  std::vector<std::string> names;
  if (summary.phases.size() > 1) {
    for (const Phase& phase : summary.phases) names.push_back(phase.name);
  }
  names.push_back(kWholeRun);
  return names;
}

// The emulator's, beyond the empty one that stands for all; none where there is only one.
std::vector<std::string> routes_of(const ComparedRun& run) {
  std::vector<std::string> routes;
  if (run.detail == nullptr) return routes;
  for (const LatencySet& set : run.detail->latencies) {
    if (!set.route.empty() && (routes.empty() || routes.back() != set.route)) routes.push_back(set.route);
  }
  return routes;
}

LatencyRow latency_row(const ComparedRuns& runs, const std::string& phase, const std::string& route,
                       const Figure& figure) {
  const auto of = [&](const ComparedRun& run) { return figure_of(run, phase, route, figure); };
  return {phase, figure.name, of(runs.sim), of(runs.emu), of(runs.sim_null), of(runs.emu_repeat), route};
}

LatencyRow added_row(const ComparedRuns& runs, const std::string& phase, const std::string& route,
                     const Figure& figure) {
  const auto added = [&](const ComparedRun& with, const ComparedRun& without) -> std::optional<Duration> {
    const std::optional<Duration> whole = figure_of(with, phase, route, figure);
    const std::optional<Duration> bare = figure_of(without, phase, route, figure);
    return whole && bare ? std::optional(*whole - *bare) : std::nullopt;
  };
  return {phase,
          figure.name,
          added(runs.sim, runs.sim_bare),
          added(runs.emu, runs.emu_bare),
          added(runs.sim_null, runs.sim_null_bare),
          added(runs.emu_repeat, runs.emu_bare),
          route};
}

void compare_latency(Comparison& comparison, const ComparedRuns& runs, const std::string& route) {
  const bool paired = runs.sim_bare.summary != nullptr && runs.emu_bare.summary != nullptr;
  for (const std::string& phase : phase_names(*runs.emu.summary)) {
    for (const Figure& figure : kFigures) {
      auto& latency = route.empty() ? comparison.latency : comparison.route_latency;
      auto& mesh_added = route.empty() ? comparison.mesh_added : comparison.route_mesh_added;
      latency.push_back(latency_row(runs, phase, route, figure));
      if (paired) mesh_added.push_back(added_row(runs, phase, route, figure));
    }
  }
}

// From the emulator's distribution.
std::optional<double> distance_of(const ComparedRun& run, const LatencySet& emulated, bool transport) {
  const LatencySet* set = run.detail == nullptr ? nullptr : run.detail->find(emulated.phase, emulated.route);
  if (set == nullptr || set->sorted.empty() || emulated.sorted.empty()) return std::nullopt;
  if (!transport) return kolmogorov_smirnov(set->sorted, emulated.sorted);
  double sum = 0;
  for (const Duration latency : emulated.sorted) sum += static_cast<double>(latency);
  if (sum <= 0) return std::nullopt;
  return wasserstein(set->sorted, emulated.sorted) / (sum / static_cast<double>(emulated.sorted.size()));
}

void compare_distances(Comparison& comparison, const ComparedRuns& runs) {
  if (runs.emu.detail == nullptr) return;
  for (const LatencySet& emulated : runs.emu.detail->latencies) {
    for (const bool transport : {true, false}) {
      comparison.distances.push_back({emulated.phase, emulated.route, transport ? "wasserstein" : "kolmogorov_smirnov",
                                      distance_of(runs.sim, emulated, transport),
                                      distance_of(runs.sim_null, emulated, transport),
                                      distance_of(runs.emu_repeat, emulated, transport)});
    }
  }
}

const Phase* phase_named(const Summary& summary, const std::string& name) {
  const auto found = std::find_if(summary.phases.begin(), summary.phases.end(),
                                  [&](const Phase& phase) { return phase.name == name; });
  return found == summary.phases.end() ? nullptr : &*found;
}

void compare_shares(Comparison& comparison, const Summary& sim, const Summary& emu) {
  for (const Phase& phase : emu.phases) {
    const Phase* simulated = phase_named(sim, phase.name);
    for (const auto& [service, zones] : phase.services) {
      for (const auto& [zone, answered] : zones) {
        comparison.shares.push_back({phase.name, service, zone,
                                     simulated == nullptr ? std::nullopt : share_of(simulated->services, service, zone),
                                     share_of(phase.services, service, zone)});
      }
    }
  }
}

std::optional<double> part(std::uint64_t some, std::uint64_t all) {
  return all == 0 ? std::nullopt : std::optional(static_cast<double>(some) / static_cast<double>(all));
}

void compare_success(Comparison& comparison, const Summary& sim, const Summary& emu) {
  const auto success = [](const RequestCounts& requests) { return part(requests.ok, requests.sent); };
  if (emu.phases.size() > 1) {
    for (const Phase& phase : emu.phases) {
      const Phase* simulated = phase_named(sim, phase.name);
      comparison.success.push_back({phase.name, "", "",
                                    simulated == nullptr ? std::nullopt : success(simulated->requests),
                                    success(phase.requests)});
    }
  }
  comparison.success.push_back({kWholeRun, "", "", success(sim.requests), success(emu.requests)});
  comparison.retries = ShareRow{kWholeRun, "", "", part(sim.attempts.retries, sim.attempts.total),
                                part(emu.attempts.retries, emu.attempts.total)};
}

std::uint64_t count_at(const std::map<std::string, std::uint64_t>& counts, const std::string& key) {
  const auto found = counts.find(key);
  return found == counts.end() ? 0 : found->second;
}

void compare_counts(Comparison& comparison, const Summary& sim, const Summary& emu) {
  comparison.sent = {"sent", sim.requests.sent, emu.requests.sent};
  comparison.ok = {"ok", sim.requests.ok, emu.requests.ok};
  std::set<std::string> reasons;
  for (const Summary* summary : {&sim, &emu}) {
    for (const auto& [reason, count] : summary->requests.failed) reasons.insert(reason);
  }
  for (const std::string& reason : reasons) {
    comparison.failed.push_back({reason, count_at(sim.requests.failed, reason), count_at(emu.requests.failed, reason)});
  }
}

void compare_failovers(Comparison& comparison, const Summary& sim, const Summary& emu) {
  const auto simulated = longest_failovers(sim.failovers);
  for (const auto& [service, after] : longest_failovers(emu.failovers)) {
    const auto found = simulated.find(service);
    comparison.failovers.push_back({service, found == simulated.end() ? std::nullopt : found->second, after});
  }
}

void compare_endpoints(Comparison& comparison, const ComparedRuns& runs) {
  if (runs.sim.detail == nullptr || runs.emu.detail == nullptr) return;
  std::set<std::string> names;
  for (const RunDetail* detail : {runs.sim.detail, runs.emu.detail}) {
    for (const auto& [name, times] : detail->endpoints) names.insert(name);
  }
  const auto at = [](const RunDetail& detail, const std::string& name) {
    const auto found = detail.endpoints.find(name);
    return found == detail.endpoints.end() ? EndpointTimes{} : found->second;
  };
  for (const std::string& name : names) {
    const EndpointTimes sim = at(*runs.sim.detail, name);
    const EndpointTimes emu = at(*runs.emu.detail, name);
    comparison.endpoints.push_back({name, "ejected", sim.ejected, emu.ejected});
    if (sim.returned || emu.returned) comparison.endpoints.push_back({name, "returned", sim.returned, emu.returned});
  }
}

void compare_cpu(Comparison& comparison, const Summary& sim, const Summary& emu) {
  const std::map<std::string, double> simulated = cpu_us_by_kind(sim);
  const std::map<std::string, double> emulated = cpu_us_by_kind(emu);
  std::set<std::string> kinds;
  for (const auto* worlds : {&simulated, &emulated}) {
    for (const auto& [kind, us] : *worlds) kinds.insert(kind);
  }
  const auto at = [](const std::map<std::string, double>& by_kind, const std::string& kind) {
    const auto found = by_kind.find(kind);
    return found == by_kind.end() ? std::nullopt : std::optional(found->second);
  };
  for (const std::string& kind : kinds) comparison.cpu.push_back({kind, at(simulated, kind), at(emulated, kind)});
}

void gather_reasons(Comparison& comparison, const ComparedRuns& runs) {
  const std::pair<const char*, const Summary*> all[] = {{"sim", runs.sim.summary},
                                                        {"emu", runs.emu.summary},
                                                        {"sim without mesh", runs.sim_bare.summary},
                                                        {"emu without mesh", runs.emu_bare.summary},
                                                        {"sim at no cost", runs.sim_null.summary},
                                                        {"sim at no cost without mesh", runs.sim_null_bare.summary},
                                                        {"emu repeated", runs.emu_repeat.summary}};
  for (const auto& [name, summary] : all) {
    if (summary == nullptr) continue;
    for (const std::string& reason : summary->invalid_reasons) {
      comparison.invalid_reasons.push_back(std::string(name) + ": " + reason);
    }
  }
}

}  // namespace

Comparison compare(const ComparedRuns& runs) {
  assert(runs.sim.summary != nullptr && runs.emu.summary != nullptr);
  const Summary& sim = *runs.sim.summary;
  const Summary& emu = *runs.emu.summary;
  Comparison comparison;
  comparison.scenario = emu.scenario;
  comparison.seed = emu.seed;
  comparison.seeds = {emu.seed};
  comparison.same_arrivals = sim.arrivals == emu.arrivals;
  gather_reasons(comparison, runs);
  compare_latency(comparison, runs, "");
  for (const std::string& route : routes_of(runs.emu)) compare_latency(comparison, runs, route);
  compare_distances(comparison, runs);
  compare_shares(comparison, sim, emu);
  compare_counts(comparison, sim, emu);
  compare_success(comparison, sim, emu);
  compare_failovers(comparison, sim, emu);
  compare_endpoints(comparison, runs);
  compare_cpu(comparison, sim, emu);
  return comparison;
}

bool Comparison::all_met() const {
  return std::all_of(expectations.begin(), expectations.end(),
                     [](const ModelVerdict& judged) { return judged.verdict.pass; });
}

std::optional<double> relative_error(std::optional<double> model, std::optional<double> real) {
  if (!model || !real || *real <= 0) return std::nullopt;
  return (*model - *real) / *real;
}

std::optional<double> relative_error(std::optional<Duration> model, std::optional<Duration> real) {
  if (!model || !real) return std::nullopt;
  return relative_error(std::optional(static_cast<double>(*model)), std::optional(static_cast<double>(*real)));
}

std::map<std::string, double> cpu_us_by_kind(const Summary& summary) {
  std::map<std::string, double> by_kind;
  if (summary.requests.sent == 0) return by_kind;
  for (const auto& [name, role] : summary.roles) by_kind[role.kind] += static_cast<double>(role.cpu);
  for (auto& [kind, us] : by_kind) us /= 1e3 * static_cast<double>(summary.requests.sent);
  return by_kind;
}

}  // namespace meshtwin
