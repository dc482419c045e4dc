#include "results/comparison.h"

#include <cassert>
#include <set>

namespace meshtwin {
namespace {

struct Figure {
  const char* name;
  Duration LatencyFigures::*member;
};
constexpr Figure kFigures[] = {
    {"p50", &LatencyFigures::p50}, {"p90", &LatencyFigures::p90}, {"p99", &LatencyFigures::p99}};
constexpr Figure kAddedFigures[] = {{"p50", &LatencyFigures::p50}, {"p99", &LatencyFigures::p99}};
constexpr const char* kWholeRun = "whole run";

// Phases are matched by name: a run whose timeline differs has no figure there.
std::optional<Duration> figure_of(const Summary* summary, const std::string& phase, const Figure& figure) {
  if (summary == nullptr) return std::nullopt;
  const LatencyFigures* latency = phase == kWholeRun ? &summary->latency : nullptr;
  for (const Phase& candidate : summary->phases) {
    if (candidate.name == phase) latency = &candidate.latency;
  }
  if (latency == nullptr || latency->count == 0) return std::nullopt;
  return latency->*figure.member;
}

std::optional<Duration> added(const Summary* with, const Summary* without, const std::string& phase,
                              const Figure& figure) {
  const std::optional<Duration> whole = figure_of(with, phase, figure);
  const std::optional<Duration> bare = figure_of(without, phase, figure);
  return whole && bare ? std::optional(*whole - *bare) : std::nullopt;
}

std::vector<std::string> phase_names(const Summary& summary) {
  std::vector<std::string> names;
  if (summary.phases.size() > 1) {
    for (const Phase& phase : summary.phases) names.push_back(phase.name);
  }
  names.push_back(kWholeRun);
  return names;
}

void compare_latency(Comparison& comparison, const ComparedRuns& runs) {
  for (const std::string& phase : phase_names(*runs.emu)) {
    for (const Figure& figure : kFigures) {
      comparison.latency.push_back({phase, figure.name, figure_of(runs.sim, phase, figure),
                                    figure_of(runs.emu, phase, figure), figure_of(runs.sim_null, phase, figure),
                                    figure_of(runs.emu_repeat, phase, figure)});
    }
    if (runs.sim_bare == nullptr || runs.emu_bare == nullptr) continue;
    for (const Figure& figure : kAddedFigures) {
      comparison.mesh_added.push_back({phase, figure.name, added(runs.sim, runs.sim_bare, phase, figure),
                                       added(runs.emu, runs.emu_bare, phase, figure),
                                       added(runs.sim_null, runs.sim_null_bare, phase, figure),
                                       added(runs.emu_repeat, runs.emu_bare, phase, figure)});
    }
  }
}

void compare_shares(Comparison& comparison, const Summary& sim, const Summary& emu) {
  for (const Phase& phase : emu.phases) {
    const ServiceZones* simulated = nullptr;
    for (const Phase& candidate : sim.phases) {
      if (candidate.name == phase.name) simulated = &candidate.services;
    }
    for (const auto& [service, zones] : phase.services) {
      for (const auto& [zone, answered] : zones) {
        comparison.shares.push_back({phase.name, service, zone,
                                     simulated == nullptr ? std::nullopt : share_of(*simulated, service, zone),
                                     share_of(phase.services, service, zone)});
      }
    }
  }
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
  const std::pair<const char*, const Summary*> all[] = {{"sim", runs.sim},
                                                        {"emu", runs.emu},
                                                        {"sim without mesh", runs.sim_bare},
                                                        {"emu without mesh", runs.emu_bare},
                                                        {"sim at no cost", runs.sim_null},
                                                        {"sim at no cost without mesh", runs.sim_null_bare},
                                                        {"emu repeated", runs.emu_repeat}};
  for (const auto& [name, summary] : all) {
    if (summary == nullptr) continue;
    for (const std::string& reason : summary->invalid_reasons) {
      comparison.invalid_reasons.push_back(std::string(name) + ": " + reason);
    }
  }
}

}  // namespace

Comparison compare(const ComparedRuns& runs) {
  assert(runs.sim != nullptr && runs.emu != nullptr);
  Comparison comparison;
  comparison.scenario = runs.emu->scenario;
  comparison.seed = runs.emu->seed;
  comparison.same_arrivals = runs.sim->arrivals == runs.emu->arrivals;
  gather_reasons(comparison, runs);
  compare_latency(comparison, runs);
  compare_shares(comparison, *runs.sim, *runs.emu);
  compare_counts(comparison, *runs.sim, *runs.emu);
  compare_failovers(comparison, *runs.sim, *runs.emu);
  compare_cpu(comparison, *runs.sim, *runs.emu);
  return comparison;
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
