#include "results/report/latency_over_time.h"

#include <algorithm>
#include <cmath>

#include "results/latency.h"

namespace meshtwin {
namespace {

// So many requests a slice of the percentiles' axis, on average: a p99 of fewer is nothing but the greatest value.
constexpr std::size_t kWanted = 100;

struct Counts {
  explicit Counts(const TimeGrid& grid) : sent(grid.slices()), failed(grid.slices()), latencies(grid.slices()) {}

  std::vector<std::uint32_t> sent;
  std::vector<std::uint32_t> failed;
  std::vector<std::vector<Duration>> latencies;  // of the successful ones
};

Counts counted(const Database& store, const TimeGrid& grid) {
  Counts counts(grid);
  each_row(store, "SELECT intended_ns, latency_ns, failure FROM requests", [&](const Statement& row) {
    const std::size_t slice = grid.at(row.integer(0));
    ++counts.sent[slice];
    if (row.text(2) == "NONE") {
      counts.latencies[slice].push_back(row.integer(1));
    } else {
      ++counts.failed[slice];
    }
  });
  return counts;
}

// How many slices make one of the percentiles' axis: at most an eighth of the run.
std::size_t slices_together(std::uint64_t requests, const TimeGrid& grid) {
  const std::size_t most = std::max<std::size_t>(grid.slices() / 8, 1);
  for (const std::size_t together : {1, 2, 5, 10, 20, 50}) {
    if (together >= most) return most;
    if (requests * together >= kWanted * grid.slices()) return together;
  }
  return most;
}

Json percentiles_json(const Counts& counts, const TimeGrid& grid, std::size_t together) {
  Json percentiles;
  percentiles["width_s"] = in_seconds(grid.width()) * static_cast<double>(together);
  for (const char* key : {"n", "p50", "p90", "p99"}) percentiles[key] = Json::array();
  for (std::size_t first = 0; first < grid.slices(); first += together) {
    std::vector<Duration> values;
    for (std::size_t i = first; i < std::min(first + together, grid.slices()); ++i) {
      values.insert(values.end(), counts.latencies[i].begin(), counts.latencies[i].end());
    }
    const auto figure = [&](std::uint64_t per_mille) {
      return values.empty() ? Json(nullptr) : Json(in_ms(nearest_rank(values, per_mille)));
    };
    percentiles["n"].push_back(values.size());
    percentiles["p50"].push_back(figure(500));
    percentiles["p90"].push_back(figure(900));
    percentiles["p99"].push_back(figure(990));
  }
  return percentiles;
}

Json heat_json(const Counts& counts, const LatencyBins& bins) {
  Json columns = Json::array();
  for (const std::vector<Duration>& latencies : counts.latencies) {
    std::vector<std::uint32_t> column(latencies.empty() ? 0 : LatencyBins::kCount);
    for (const Duration latency : latencies) ++column[bins.at(latency)];
    columns.push_back(column);
  }
  return columns;
}

}  // namespace

std::size_t LatencyBins::at(Duration latency) const {
  if (high <= low) return 0;
  const double share = std::log(static_cast<double>(std::max<Duration>(latency, 1)) / static_cast<double>(low)) /
                       std::log(static_cast<double>(high) / static_cast<double>(low));
  const auto place = static_cast<std::int64_t>(share * static_cast<double>(kCount));
  return static_cast<std::size_t>(std::clamp<std::int64_t>(place, 0, static_cast<std::int64_t>(kCount) - 1));
}

LatencyScale scale_for(const std::vector<const Database*>& stores, const TimeGrid& grid) {
  LatencyScale scale;
  std::optional<std::uint64_t> fewest;
  const char* query = "SELECT count(*), min(latency_ns), max(latency_ns) FROM requests WHERE failure = 'NONE'";
  for (const Database* store : stores) {
    each_row(*store, query, [&](const Statement& row) {
      const auto count = static_cast<std::uint64_t>(row.integer(0));
      fewest = std::min(fewest.value_or(count), count);
      if (count == 0) return;
      const Duration low = std::max<Duration>(row.integer(1), 1);
      const Duration high = std::max<Duration>(row.integer(2), low);
      scale.bins = scale.bins ? LatencyBins{std::min(scale.bins->low, low), std::max(scale.bins->high, high)}
                              : LatencyBins{low, high};
    });
  }
  scale.together = slices_together(fewest.value_or(0), grid);
  return scale;
}

Json latency_over_time_json(const Database& store, const TimeGrid& grid, const LatencyScale& scale) {
  const Counts counts = counted(store, grid);
  Json latency;
  latency["sent"] = counts.sent;
  latency["failed"] = counts.failed;
  latency["percentiles"] = percentiles_json(counts, grid, scale.together);
  latency["heat"] = scale.bins ? heat_json(counts, *scale.bins) : Json::array();
  return latency;
}

Json bins_json(const std::optional<LatencyBins>& bins) {
  if (!bins) return nullptr;
  Json one;
  one["low_ms"] = in_ms(bins->low);
  one["high_ms"] = in_ms(bins->high);
  one["count"] = LatencyBins::kCount;
  return one;
}

}  // namespace meshtwin
