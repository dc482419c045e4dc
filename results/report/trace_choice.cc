#include "results/report/trace_choice.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

namespace meshtwin {
namespace {

using Traces = std::map<std::string, ChosenTrace>;

void read_requests(const Database& store, const std::string& world, Traces& traces) {
  const char* query =
      "SELECT trace, load, number, intended_ns, latency_ns, failure, status FROM requests WHERE trace IS NOT NULL";
  each_row(store, query, [&](const Statement& row) {
    ChosenTrace& trace = traces[std::string(row.text(0))];
    trace.id = row.text(0);
    trace.load = row.integer(1);
    trace.number = row.integer(2);
    trace.intended = row.integer(3);
    TracedRequest& request = trace.worlds[world];
    request.latency = row.integer(4);
    request.failure = row.text(5);
    request.status = static_cast<std::uint16_t>(row.integer(6));
  });
  each_row(store, "SELECT DISTINCT trace FROM spans WHERE attempts > 1", [&](const Statement& row) {
    const auto found = traces.find(std::string(row.text(0)));
    if (found == traces.end()) return;
    const auto request = found->second.worlds.find(world);
    if (request != found->second.worlds.end()) request->second.retried = true;
  });
}

bool any(const ChosenTrace& trace, const std::function<bool(const TracedRequest&)>& holds) {
  return std::any_of(trace.worlds.begin(), trace.worlds.end(), [&](const auto& one) { return holds(one.second); });
}

double slowest(const ChosenTrace& trace) {
  double most = 0;
  for (const auto& [world, request] : trace.worlds) most = std::max(most, static_cast<double>(request.latency));
  return most;
}

// How many times as long one world took as the other; 1: the same, or there is one only.
double apart(const ChosenTrace& trace) {
  if (trace.worlds.size() < 2) return 1;
  const auto [a, b] = std::pair{trace.worlds.begin()->second, std::next(trace.worlds.begin())->second};
  const auto low = static_cast<double>(std::max<Duration>(std::min(a.latency, b.latency), 1));
  return static_cast<double>(std::max(a.latency, b.latency)) / low;
}

class Chooser {
 public:
  // Those in every world come first: they are what can be set side by side.
  Chooser(const Traces& traces, std::size_t worlds) : traces_(traces), worlds_(worlds) {}

  // Up to `most` of those for which `worth` is above 0, the worthiest first.
  void take(const char* why, std::size_t most, const std::function<double(const ChosenTrace&)>& worth) {
    std::vector<std::tuple<int, double, const ChosenTrace*>> ranked;
    for (const auto& [id, trace] : traces_) {
      const double value = worth(trace);
      if (value > 0 && !taken_.contains(id)) ranked.emplace_back(in_all(trace) ? 0 : 1, -value, &trace);
    }
    // Equal ones stay in order of their ids: the same stores give the same page.
    std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
      return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
    });
    for (std::size_t i = 0; i < std::min(most, ranked.size()); ++i) add(*std::get<2>(ranked[i]), why);
  }

  void take_spread(const char* why, std::size_t most) {
    std::vector<const ChosenTrace*> left;
    for (const bool in_every_world : {true, false}) {
      for (const auto& [id, trace] : traces_) {
        if (!taken_.contains(id) && in_all(trace) == in_every_world) left.push_back(&trace);
      }
      if (left.size() >= most) break;
    }
    std::stable_sort(left.begin(), left.end(), [](const auto* a, const auto* b) { return a->intended < b->intended; });
    const std::size_t count = std::min(most, left.size());
    for (std::size_t i = 0; i < count; ++i) add(*left[i * left.size() / count], why);
  }

  std::size_t count() const { return chosen_.size(); }
  std::vector<ChosenTrace> chosen() && {
    std::stable_sort(chosen_.begin(), chosen_.end(),
                     [](const auto& a, const auto& b) { return a.intended < b.intended; });
    return std::move(chosen_);
  }

 private:
  bool in_all(const ChosenTrace& trace) const { return trace.worlds.size() == worlds_; }
  void add(const ChosenTrace& trace, const char* why) {
    taken_.insert(trace.id);
    chosen_.push_back(trace);
    chosen_.back().why = why;
  }

  const Traces& traces_;
  std::size_t worlds_;
  std::set<std::string> taken_;
  std::vector<ChosenTrace> chosen_;
};

}  // namespace

TraceChoice choose_traces(const std::map<std::string, const Database*>& stores, std::size_t most) {
  Traces traces;
  for (const auto& [world, store] : stores) read_requests(*store, world, traces);
  TraceChoice choice;
  for (const auto& [world, store] : stores) choice.sampled[world] = 0;
  for (const auto& [id, trace] : traces) {
    for (const auto& [world, request] : trace.worlds) ++choice.sampled[world];
    choice.in_both += trace.worlds.size() == 2 ? 1 : 0;
  }
  const std::size_t share = most / 6;
  Chooser chooser(traces, stores.size());
  const auto failed = [](const TracedRequest& request) { return request.failure != "NONE"; };
  const auto retried = [](const TracedRequest& request) { return request.retried; };
  chooser.take("failed", share, [&](const ChosenTrace& trace) { return any(trace, failed) ? 1. : 0.; });
  chooser.take("retried", share, [&](const ChosenTrace& trace) { return any(trace, retried) ? slowest(trace) : 0.; });
  chooser.take("slowest", share, slowest);
  chooser.take("worlds apart", share, [](const ChosenTrace& trace) { return apart(trace) - 1; });
  chooser.take_spread("spread", most - chooser.count());
  choice.chosen = std::move(chooser).chosen();
  return choice;
}

}  // namespace meshtwin
