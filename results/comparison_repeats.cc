// Comparisons of several repeats as one: rows are matched by what they speak of, figures become means over the repeats
// in which both worlds have them, errors get their intervals.

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "results/comparison.h"

namespace meshtwin {
namespace {

// The values of one row in the repeats in which both are there.
struct Paired {
  std::vector<double> model;
  std::vector<double> real;

  template <typename Value>
  void add(const std::optional<Value>& one, const std::optional<Value>& other) {
    if (!one || !other) return;
    model.push_back(static_cast<double>(*one));
    real.push_back(static_cast<double>(*other));
  }
  std::size_t size() const { return model.size(); }
};

std::optional<Duration> mean_duration(const std::vector<double>& values) {
  return values.empty() ? std::nullopt : std::optional(static_cast<Duration>(std::llround(mean_of(values))));
}

std::optional<double> mean_or_none(const std::vector<double>& values) {
  return values.empty() ? std::nullopt : std::optional(mean_of(values));
}

class Combiner {
 public:
  explicit Combiner(const std::vector<Comparison>& repeats)
      : repeats_(repeats), random_(repeats.front().seed, "model error " + repeats.front().scenario) {}

  std::vector<LatencyRow> latency(std::vector<LatencyRow> Comparison::*list) {
    return rows(
        list, [](const LatencyRow& row) { return std::tuple(row.phase, row.route, row.figure); },
        [this](const std::vector<LatencyRow>& same) { return latency_row(same); });
  }
  std::vector<DistanceRow> distances() {
    return rows(
        &Comparison::distances, [](const DistanceRow& row) { return std::tuple(row.phase, row.route, row.figure); },
        [this](const std::vector<DistanceRow>& same) { return distance_row(same); });
  }
  std::vector<ShareRow> shares(std::vector<ShareRow> Comparison::*list) {
    return rows(
        list, [](const ShareRow& row) { return std::tuple(row.phase, row.service, row.zone); },
        [this](const std::vector<ShareRow>& same) { return share_row(same); });
  }
  std::optional<ShareRow> retries() {
    std::vector<ShareRow> all;
    for (const Comparison& repeat : repeats_) {
      if (repeat.retries) all.push_back(*repeat.retries);
    }
    return all.empty() ? std::nullopt : std::optional(share_row(all));
  }
  std::vector<FailoverRow> failovers() {
    return rows(
        &Comparison::failovers, [](const FailoverRow& row) { return row.service; },
        [this](const std::vector<FailoverRow>& same) { return time_row(same); });
  }
  std::vector<EndpointRow> endpoints() {
    return rows(
        &Comparison::endpoints, [](const EndpointRow& row) { return std::tuple(row.endpoint, row.event); },
        [this](const std::vector<EndpointRow>& same) { return time_row(same); });
  }
  std::vector<CpuRow> cpu() {
    return rows(
        &Comparison::cpu, [](const CpuRow& row) { return row.kind; },
        [this](const std::vector<CpuRow>& same) { return cpu_row(same); });
  }

 private:
  // Rows with the same key, in the order in which keys first occur.
  template <typename Row, typename Key, typename Join>
  std::vector<Row> rows(std::vector<Row> Comparison::*list, Key&& key_of, Join&& join) {
    using KeyType = decltype(key_of(std::declval<const Row&>()));
    std::map<KeyType, std::size_t> places;
    std::vector<std::vector<Row>> same;
    for (const Comparison& repeat : repeats_) {
      for (const Row& row : repeat.*list) {
        const auto [place, fresh] = places.try_emplace(key_of(row), same.size());
        if (fresh) same.emplace_back();
        same[place->second].push_back(row);
      }
    }
    std::vector<Row> joined;
    for (const std::vector<Row>& one : same) joined.push_back(join(one));
    return joined;
  }

  // Each row's draws are its own, so that a row more or less moves no other's.
  RandomStream stream() { return random_.keyed(++streams_); }
  std::optional<Interval> relative(const Paired& values) {
    return relative_interval(values.model, values.real, stream());
  }

  LatencyRow latency_row(const std::vector<LatencyRow>& same) {
    Paired sim;
    Paired null_model;
    Paired repeat;
    for (const LatencyRow& row : same) {
      sim.add(row.sim, row.emu);
      null_model.add(row.null_model, row.emu);
      repeat.add(row.repeat, row.emu);
    }
    LatencyRow joined = same.front();
    joined.sim = mean_duration(sim.model);
    joined.emu = mean_duration(sim.real);
    joined.null_model = mean_duration(null_model.model);
    joined.repeat = mean_duration(repeat.model);
    joined.intervals = {relative(sim), relative(null_model), relative(repeat)};
    joined.repeats = sim.size();
    return joined;
  }

  DistanceRow distance_row(const std::vector<DistanceRow>& same) {
    std::vector<double> sim;
    std::vector<double> null_model;
    std::vector<double> repeat;
    for (const DistanceRow& row : same) {
      if (row.sim) sim.push_back(*row.sim);
      if (row.null_model) null_model.push_back(*row.null_model);
      if (row.repeat) repeat.push_back(*row.repeat);
    }
    DistanceRow joined = same.front();
    joined.sim = mean_or_none(sim);
    joined.null_model = mean_or_none(null_model);
    joined.repeat = mean_or_none(repeat);
    joined.intervals = {mean_interval(sim, stream()), mean_interval(null_model, stream()),
                        mean_interval(repeat, stream())};
    joined.repeats = sim.size();
    return joined;
  }

  ShareRow share_row(const std::vector<ShareRow>& same) {
    Paired values;
    for (const ShareRow& row : same) values.add(row.sim, row.emu);
    ShareRow joined = same.front();
    joined.sim = mean_or_none(values.model);
    joined.emu = mean_or_none(values.real);
    joined.interval = difference_interval(values.model, values.real, stream());
    joined.repeats = values.size();
    return joined;
  }

  template <typename Row>
  Row time_row(const std::vector<Row>& same) {
    Paired values;
    for (const Row& row : same) values.add(row.sim, row.emu);
    Row joined = same.front();
    joined.sim = mean_duration(values.model);
    joined.emu = mean_duration(values.real);
    joined.interval = relative(values);
    joined.repeats = values.size();
    return joined;
  }

  CpuRow cpu_row(const std::vector<CpuRow>& same) {
    Paired values;
    for (const CpuRow& row : same) values.add(row.sim_us, row.emu_us);
    CpuRow joined = same.front();
    joined.sim_us = mean_or_none(values.model);
    joined.emu_us = mean_or_none(values.real);
    joined.interval = relative(values);
    joined.repeats = values.size();
    return joined;
  }

  const std::vector<Comparison>& repeats_;
  RandomStream random_;
  std::uint64_t streams_ = 0;
};

void add_counts(Comparison& all, const Comparison& repeat) {
  const auto add = [](CountRow& sum, const CountRow& row) {
    sum.name = row.name;
    sum.sim += row.sim;
    sum.emu += row.emu;
  };
  add(all.sent, repeat.sent);
  add(all.ok, repeat.ok);
  for (const CountRow& row : repeat.failed) {
    auto found = std::find_if(all.failed.begin(), all.failed.end(), [&](const auto& r) { return r.name == row.name; });
    if (found == all.failed.end()) found = all.failed.insert(all.failed.end(), CountRow{row.name});
    add(*found, row);
  }
}

}  // namespace

Comparison combine(const std::vector<Comparison>& repeats) {
  assert(!repeats.empty());
  if (repeats.size() == 1) return repeats.front();
  Comparison all;
  all.scenario = repeats.front().scenario;
  all.seed = repeats.front().seed;
  all.same_arrivals = true;
  for (const Comparison& repeat : repeats) {
    all.seeds.push_back(repeat.seed);
    all.same_arrivals = all.same_arrivals && repeat.same_arrivals;
    for (const std::string& reason : repeat.invalid_reasons) {
      all.invalid_reasons.push_back("seed " + std::to_string(repeat.seed) + ": " + reason);
    }
    add_counts(all, repeat);
  }
  Combiner combiner(repeats);
  all.latency = combiner.latency(&Comparison::latency);
  all.mesh_added = combiner.latency(&Comparison::mesh_added);
  all.route_latency = combiner.latency(&Comparison::route_latency);
  all.route_mesh_added = combiner.latency(&Comparison::route_mesh_added);
  all.distances = combiner.distances();
  all.shares = combiner.shares(&Comparison::shares);
  all.success = combiner.shares(&Comparison::success);
  all.retries = combiner.retries();
  all.failovers = combiner.failovers();
  all.endpoints = combiner.endpoints();
  all.cpu = combiner.cpu();
  return all;
}

}  // namespace meshtwin
