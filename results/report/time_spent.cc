#include "results/report/time_spent.h"

#include <array>
#include <optional>
#include <utility>

#include "results/explanation.h"

namespace meshtwin {
namespace {

constexpr std::array<std::pair<const char*, std::optional<double>>, 3> kFigures = {
    {{"mean", std::nullopt}, {"p50", 0.5}, {"p99", 0.99}}};

template <typename Time>
Json parts_json(Time&& time) {
  Json parts = Json::object();
  for (std::size_t i = 0; i < kPartCount; ++i) {
    const double ns = time(static_cast<Part>(i));
    if (ns != 0) parts[std::string(kPartNames[i])] = rounded(ns / 1e6, 1e6);
  }
  return parts;
}

Json explanation_json(const Explanation& explanation) {
  Json one;
  one["averaged"] = explanation.averaged;
  one["requests"] = explanation.requests;
  one["figure_ms"] = in_ms(explanation.figure);
  one["parts"] = parts_json([&](Part part) { return explanation.total(part); });
  one["hops"] = Json::array();
  for (const Explanation::Hop& hop : explanation.hops) {
    Json parts = parts_json([&](Part part) { return hop.parts[static_cast<std::size_t>(part)]; });
    one["hops"].push_back({{"hop", hop.hop}, {"parts", std::move(parts)}});
  }
  return one;
}

}  // namespace

Json time_spent_json(const std::string& store) {
  const TracedRun run = read_traced_run(store);
  Json figures = Json::object();
  for (const auto& [name, quantile] : kFigures) {
    Selection selection;
    selection.quantile = quantile;
    const Explanation explanation = explain(run, selection);
    if (explanation.averaged > 0) figures[name] = explanation_json(explanation);
  }
  return figures;
}

}  // namespace meshtwin
