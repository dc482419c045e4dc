#include "results/figures.h"

#include <algorithm>
#include <array>
#include <utility>

namespace meshtwin {
namespace {

using Of = std::function<std::optional<double>(const Summary&)>;

std::optional<double> ratio(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

Figure latency(const std::string& which, Duration LatencyFigures::*value) {
  return {"latency_" + which, "latency " + which + ", ms", true, false,
          [value](const Summary& s) -> std::optional<double> {
            if (s.latency.count == 0) return std::nullopt;
            return static_cast<double>(s.latency.*value) / 1e6;
          }};
}

Figure count(const std::string& name, const std::string& title, bool more_is_worse, Of of) {
  return {name, title, more_is_worse, false, std::move(of)};
}

Figure whole_count(const std::string& name, const std::string& title, bool more_is_worse, Of of) {
  return {name, title, more_is_worse, false, std::move(of), true};
}

Figure share(const std::string& name, const std::string& title, bool more_is_worse, Of of) {
  return {name, title, more_is_worse, true, std::move(of)};
}

// Those that speak of nothing in particular.
const std::vector<Figure>& plain_figures() {
  static const std::vector<Figure> kFigures = {
      latency("mean", &LatencyFigures::mean),
      latency("p50", &LatencyFigures::p50),
      latency("p90", &LatencyFigures::p90),
      latency("p99", &LatencyFigures::p99),
      latency("p999", &LatencyFigures::p999),
      latency("max", &LatencyFigures::max),
      share("success_rate", "success rate", false,
            [](const Summary& s) { return ratio(s.requests.ok, s.requests.sent); }),
      share("retries", "retries, of all attempts", true,
            [](const Summary& s) { return ratio(s.attempts.retries, s.attempts.total); }),
      whole_count("requests", "requests", false, [](const Summary& s) { return static_cast<double>(s.requests.sent); }),
      count("answers_per_second", "answers a second", false,
            [](const Summary& s) -> std::optional<double> {
              if (s.duration <= 0) return std::nullopt;
              return static_cast<double>(s.requests.ok) / (static_cast<double>(s.duration) / kSecond);
            }),
      whole_count("failed", "failed requests", true,
                  [](const Summary& s) { return static_cast<double>(s.requests.sent - s.requests.ok); }),
      count("attempts_per_request", "attempts a request", true,
            [](const Summary& s) { return ratio(s.attempts.total, s.requests.sent); }),
      share("utilisation", "cores busy", true, [](const Summary& s) { return s.utilisation; }),
      count("traversals_per_request", "kernel traversals a request", true,
            [](const Summary& s) { return s.traversals_per_request; }),
      count("generator_lateness_p99", "lateness of the load p99, us", true,
            [](const Summary& s) { return static_cast<double>(s.generator.p99) / 1e3; })};
  return kFigures;
}

Figure memory_figure(const std::string& kind) {
  return count("memory_mb." + kind, kind + " memory at its peak, MB", true,
               [kind](const Summary& s) -> std::optional<double> {
                 std::int64_t most = -1;  // of the largest
                 for (const auto& [name, role] : s.roles) {
                   if (role.kind == kind) most = std::max(most, role.memory_peak);
                 }
                 return most < 0 ? std::nullopt : std::optional(static_cast<double>(most) / 1e6);
               });
}

Figure failed_figure(const std::string& reason) {
  return whole_count("failed." + reason, "failed with " + reason, true, [reason](const Summary& s) {
    const auto found = s.requests.failed.find(reason);
    return found == s.requests.failed.end() ? 0.0 : static_cast<double>(found->second);
  });
}

Figure failover_figure(const std::string& service) {
  return count("failover." + service, "failover of " + service + ", s", true,
               [service](const Summary& s) -> std::optional<double> {
                 const auto longest = longest_failovers(s.failovers);
                 const auto found = longest.find(service);
                 if (found == longest.end() || !found->second) return std::nullopt;
                 return static_cast<double>(*found->second) / kSecond;
               });
}

Figure zone_share_figure(const std::string& service, const std::string& zone) {
  return share("zone_share." + service + "." + zone, "share of " + service + "'s answers from " + zone, false,
               [service, zone](const Summary& s) { return share_of(s.services, service, zone); });
}

bool is_reason(const std::string& name) {
  return std::find(kFailureNames.begin() + 1, kFailureNames.end(), name) != kFailureNames.end();
}

}  // namespace

Figure cpu_figure(const std::string& kind) {
  return {"cpu_us_per_request." + kind, kind + " CPU, us a request", true, false,
          [kind](const Summary& s) -> std::optional<double> {
            double cpu = 0;
            bool any = false;
            for (const auto& [name, role] : s.roles) {
              if (role.kind != kind) continue;
              cpu += static_cast<double>(role.cpu) / 1e3;
              any = true;
            }
            if (!any || s.requests.sent == 0) return std::nullopt;
            return cpu / static_cast<double>(s.requests.sent);
          }};
}

std::vector<Figure> usual_figures(const std::vector<std::string>& kinds) {
  std::vector<Figure> figures;
  for (const char* name : {"latency_p50", "latency_p90", "latency_p99", "success_rate", "retries"}) {
    figures.push_back(*find_figure(name));
  }
  for (const std::string& kind : kinds) figures.push_back(cpu_figure(kind));
  return figures;
}

std::optional<Figure> find_figure(const std::string& name) {
  for (const Figure& figure : plain_figures()) {
    if (figure.name == name) return figure;
  }
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos || dot + 1 == name.size()) return std::nullopt;
  const std::string family = name.substr(0, dot);
  const std::string subject = name.substr(dot + 1);
  const std::size_t second = subject.find('.');
  if (family == "zone_share") {
    if (second == std::string::npos || second == 0 || second + 1 == subject.size()) return std::nullopt;
    return zone_share_figure(subject.substr(0, second), subject.substr(second + 1));
  }
  if (second != std::string::npos) return std::nullopt;
  if (family == "cpu_us_per_request") return cpu_figure(subject);
  if (family == "memory_mb") return memory_figure(subject);
  if (family == "failover") return failover_figure(subject);
  if (family == "failed" && is_reason(subject)) return failed_figure(subject);
  return std::nullopt;
}

std::vector<std::string> figure_names(const FigureSubjects& subjects) {
  std::vector<std::string> names;
  for (const Figure& figure : plain_figures()) names.push_back(figure.name);
  for (const std::string& kind : subjects.kinds) names.push_back("cpu_us_per_request." + kind);
  for (const std::string& kind : subjects.kinds) names.push_back("memory_mb." + kind);
  for (const std::string& service : subjects.services) names.push_back("failover." + service);
  for (std::size_t i = 1; i < kFailureCount; ++i) names.push_back("failed." + std::string(kFailureNames[i]));
  for (const std::string& service : subjects.services) {
    for (const std::string& zone : subjects.zones) names.push_back("zone_share." + service + "." + zone);
  }
  return names;
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace meshtwin
