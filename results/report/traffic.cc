#include "results/report/traffic.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace meshtwin {
namespace {

struct Edge {
  explicit Edge(std::size_t slices) : calls(slices), failed(slices), answered(slices), took(slices) {}

  std::vector<std::uint32_t> calls;
  std::vector<std::uint32_t> failed;
  std::vector<std::uint32_t> answered;
  std::vector<double> took;  // the answered ones together, in milliseconds
};

// Hundredths of a millisecond are enough for a figure beside an edge, and short.
Json means_of(const Edge& edge) {
  Json list = Json::array();
  for (std::size_t i = 0; i < edge.calls.size(); ++i) {
    list.push_back(edge.answered[i] == 0 ? Json(nullptr) : Json(rounded(edge.took[i] / edge.answered[i], 1e2)));
  }
  return list;
}

Json edge_json(std::pair<std::size_t, std::size_t> ends, const Edge& edge) {
  Json one;
  one["from"] = ends.first;
  one["to"] = ends.second;
  one["calls"] = edge.calls;
  const bool any_failed = std::any_of(edge.failed.begin(), edge.failed.end(), [](std::uint32_t n) { return n != 0; });
  if (any_failed) one["failed"] = edge.failed;
  one["ms"] = means_of(edge);
  return one;
}

class Traffic {
 public:
  Traffic(const Pods& pods, const TimeGrid& grid) : pods_(pods), grid_(grid), answered_(pods.all().size()) {}

  // `row`: from_pod, to_pod, at_ns, done_ns, status.
  void take(const Statement& row) {
    const auto from = pods_.place_of(row.integer(0));
    const auto to = pods_.place_of(row.integer(1));
    if (!from || !to) return;
    const std::size_t slice = grid_.at(row.integer(2));
    const std::pair ends{pods_.all()[*from].group, pods_.all()[*to].group};
    Edge& edge = edges_.try_emplace(ends, grid_.slices()).first->second;
    ++edge.calls[slice];
    const std::int64_t status = row.integer(4);
    if (status == 0 || status >= 500) ++edge.failed[slice];
    if (status == 0) return;
    ++edge.answered[slice];
    edge.took[slice] += in_ms(row.integer(3)) - in_ms(row.integer(2));
    if (answered_[*to].empty()) answered_[*to].resize(grid_.slices());
    ++answered_[*to][slice];
  }

  bool empty() const { return edges_.empty(); }
  Json json(const char* from) const {
    Json traffic;
    traffic["from"] = from;
    Json& list = traffic["edges"] = Json::array();
    for (const auto& [ends, edge] : edges_) list.push_back(edge_json(ends, edge));
    traffic["answered"] = answered_;
    return traffic;
  }

 private:
  const Pods& pods_;
  const TimeGrid& grid_;
  std::map<std::pair<std::size_t, std::size_t>, Edge> edges_;
  std::vector<std::vector<std::uint32_t>> answered_;
};

constexpr const char* kAttempts = "SELECT from_pod, to_pod, at_ns, done_ns, status FROM attempts";
// A span whose parent is another pod's is a call from there.
constexpr const char* kSpans =
    "SELECT caller.pod, called.pod, called.begin_ns, called.end_ns, called.status FROM spans AS called "
    "JOIN spans AS caller ON caller.span = called.parent AND caller.trace = called.trace WHERE caller.pod <> "
    "called.pod";

}  // namespace

Json traffic_json(const Database& store, const Pods& pods, const TimeGrid& grid) {
  for (const auto& [query, name] : {std::pair{kAttempts, "attempts"}, std::pair{kSpans, "spans"}}) {
    Traffic traffic(pods, grid);
    each_row(store, query, [&traffic](const Statement& row) { traffic.take(row); });
    if (!traffic.empty()) return traffic.json(name);
  }
  return Traffic(pods, grid).json("nothing");
}

}  // namespace meshtwin
