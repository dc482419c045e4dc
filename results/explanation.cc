#include "results/explanation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace meshtwin {
namespace {

constexpr double kBand = 0.05;  // of ranks, on either side of a quantile; less towards the ends

// "200/s from az-a to frontend": what subject_of writes of a load.
bool goes_to(const std::string& load, const std::string& service) {
  return load.ends_with(" to " + service);
}

bool selected(const TracedRun& run, const Selection& selection, const RequestRecord& request) {
  if (request.failure != Failure::none) return false;
  if (request.intended < selection.begin || request.intended >= selection.end) return false;
  if (selection.load.has_value() && request.load != *selection.load) return false;
  return selection.service.empty() ||
         (request.load < run.loads.size() && goes_to(run.loads[request.load], selection.service));
}

Duration latency_of(const RequestRecord& request) {
  return request.done - request.intended;
}

// Nearest rank, as everywhere in the results.
std::size_t rank_of(double share, std::size_t count) {
  const double rank = std::ceil(share * static_cast<double>(count) - 1e-9);
  return static_cast<std::size_t>(std::clamp(rank, 1.0, static_cast<double>(count))) - 1;
}

void add(Explanation& explanation, const Attribution& attribution) {
  explanation.latency += static_cast<double>(attribution.latency);
  for (const HopParts& hop : attribution.hops) {
    auto found = std::ranges::find(explanation.hops, hop.hop, &Explanation::Hop::hop);
    if (found == explanation.hops.end()) found = explanation.hops.insert(found, {hop.hop, {}});
    for (std::size_t i = 0; i < kPartCount; ++i) found->parts[i] += static_cast<double>(hop.parts.times[i]);
  }
}

}  // namespace

double Explanation::Hop::sum() const {
  return std::accumulate(parts.begin(), parts.end(), 0.0);
}

double Explanation::total(Part part) const {
  double total = 0;
  for (const Hop& hop : hops) total += hop.parts[static_cast<std::size_t>(part)];
  return total;
}

Explanation explain(const TracedRun& run, const Selection& selection) {
  Explanation explanation;
  explanation.world = run.world;
  std::vector<Duration> latencies;
  for (const RequestRecord& request : run.requests) {
    if (selected(run, selection, request)) latencies.push_back(latency_of(request));
  }
  explanation.requests = latencies.size();
  if (latencies.empty()) return explanation;
  std::ranges::sort(latencies);
  Duration least = latencies.front();
  Duration most = latencies.back();
  if (selection.quantile.has_value()) {
    const double quantile = *selection.quantile;
    const double width = std::min({kBand, quantile, 1 - quantile});
    explanation.low = quantile - width;
    explanation.high = quantile + width;
    least = latencies[rank_of(explanation.low, latencies.size())];
    most = latencies[rank_of(explanation.high, latencies.size())];
    explanation.figure = latencies[rank_of(quantile, latencies.size())];
  } else {
    const double sum = std::accumulate(latencies.begin(), latencies.end(), 0.0);
    explanation.figure = std::llround(sum / static_cast<double>(latencies.size()));
  }
  for (const RequestRecord& request : run.requests) {
    if (!request.sampled() || !selected(run, selection, request)) continue;
    if (latency_of(request) < least || latency_of(request) > most) continue;
    const auto trace = run.traces.find({request.trace_high, request.trace_low});
    if (trace == run.traces.end()) continue;
    const Attribution attribution = attribute(run, trace->second, request.sent - request.intended);
    if (attribution.hops.empty()) continue;
    ++explanation.averaged;
    add(explanation, attribution);
  }
  if (explanation.averaged == 0) return explanation;
  const auto count = static_cast<double>(explanation.averaged);
  explanation.latency /= count;
  for (Explanation::Hop& hop : explanation.hops) {
    for (double& part : hop.parts) part /= count;
  }
  return explanation;
}

const RequestRecord* find_request(const TracedRun& run, std::uint32_t load, std::uint64_t number) {
  const auto found = std::ranges::find_if(
      run.requests, [&](const RequestRecord& request) { return request.load == load && request.number == number; });
  return found == run.requests.end() ? nullptr : &*found;
}

const RequestRecord* find_request(const TracedRun& run, const TraceId& trace) {
  const auto found = std::ranges::find_if(run.requests, [&](const RequestRecord& request) {
    return request.sampled() && TraceId{request.trace_high, request.trace_low} == trace;
  });
  return found == run.requests.end() ? nullptr : &*found;
}

}  // namespace meshtwin
