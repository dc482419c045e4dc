#include <fmt/format.h>

#include <algorithm>

#include "results/present/blocks.h"
#include "results/present/numbers.h"
#include "results/present/table.h"

namespace meshtwin {
namespace {

// What a table with `others` columns beside the names leaves for these.
std::size_t name_width(const Style& style, std::size_t others) {
  constexpr std::size_t kLeast = 14;
  return style.width > others + kLeast ? style.width - others : kLeast;
}

std::optional<double> success(const RequestCounts& requests) {
  if (requests.sent == 0) return std::nullopt;
  return static_cast<double>(requests.ok) / static_cast<double>(requests.sent);
}

std::string show_success(const RequestCounts& requests, const Style& style) {
  const std::optional<double> share = success(requests);
  return share ? show_fixed(*share * 100, 2, style) + " %" : show_fixed(std::nullopt, 2, style);
}

void phase_row(Table& table, const std::string& name, const RequestCounts& requests, const LatencyFigures& latency,
               int decimals, const Style& style) {
  std::vector<Table::Cell> cells = {name, show_count(requests.sent), show_success(requests, style)};
  for (const auto figure : {&LatencyFigures::mean, &LatencyFigures::p50, &LatencyFigures::p90, &LatencyFigures::p99,
                            &LatencyFigures::p999, &LatencyFigures::max}) {
    cells.emplace_back(show_ms(latency.count == 0 ? std::nullopt : std::optional(latency.*figure), decimals, style));
  }
  table.row(std::move(cells));
}

// "12–26 s" of a phase by name; empty for the whole run.
std::string interval_of(const Worlds& worlds, const std::string& name, const Style& style) {
  for (const Phase& phase : worlds.back()->phases) {
    if (phase.name == name) return show_interval(phase.begin, phase.end, style);
  }
  return "";
}

}  // namespace

std::string phase_block(const Summary& run, const Style& style) {
  Table table({0, 3, 3, 3, 2, 2, 2, 2, 2}, 1);
  table.limit_names(name_width(style, 69));
  table.span(3, 8, "latency, ms");
  table.head({"", "requests", "succeeded", "mean", "p50", "p90", "p99", "p99.9", "max"});
  const int decimals = decimals_for_ms(run.latency.p99);
  if (run.phases.size() > 1) {
    for (const Phase& phase : run.phases) {
      phase_row(table, phase.name, phase.requests, phase.latency, decimals, style);
      table.row({{"  " + show_interval(phase.begin, phase.end, style), Paint::dim}});
    }
    table.rule();
  }
  phase_row(table, "whole run", run.requests, run.latency, decimals, style);
  return table.text(style);
}

std::string phase_block(const Comparison& comparison, const Worlds& worlds, const Style& style) {
  // p90 makes way on a narrow terminal.
  std::vector<std::size_t> shown = {0, 1, 2};
  if (style.width < 94) shown = {0, 2};
  std::vector<std::size_t> gaps = {0};
  std::vector<std::string> titles = {""};
  for (std::size_t i = 0; i < shown.size(); ++i) {
    gaps.insert(gaps.end(), {3, 1, 2});
    titles.insert(titles.end(), {"sim", "emu", "error"});
  }
  Table table(gaps, 1);
  table.limit_names(name_width(style, 22 * shown.size() + 3));
  for (std::size_t i = 0; i < shown.size(); ++i) {
    table.span(1 + 3 * i, 3 + 3 * i, comparison.latency.at(shown[i]).figure + ", ms");
  }
  table.head(titles);
  const int decimals = decimals_for_ms(std::min(worlds[0]->latency.p99, worlds[1]->latency.p99));
  for (std::size_t i = 0; i + 2 < comparison.latency.size(); i += 3) {
    const std::string& phase = comparison.latency[i].phase;
    const std::string interval = interval_of(worlds, phase, style);
    if (interval.empty() && i > 0) table.rule();
    std::vector<Table::Cell> cells = {phase};
    for (const std::size_t figure : shown) {
      const LatencyRow& row = comparison.latency[i + figure];
      cells.emplace_back(show_ms(row.sim, decimals, style));
      cells.emplace_back(show_ms(row.emu, decimals, style));
      cells.emplace_back(show_error(relative_error(row.sim, row.emu), style), Paint::bold);
    }
    table.row(std::move(cells));
    if (!interval.empty()) table.row({{"  " + interval, Paint::dim}});
  }
  return table.text(style);
}

}  // namespace meshtwin
