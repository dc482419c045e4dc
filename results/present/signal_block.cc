#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "results/present/blocks.h"
#include "results/present/numbers.h"
#include "results/present/table.h"

namespace meshtwin {
namespace {

constexpr std::size_t kMostRows = 12;

struct Column {
  std::string title;
  std::function<std::string(const GoldenSignals&, const Style&)> show;
};

std::string percent(const std::optional<double>& share, const Style& style) {
  return show_fixed(share ? std::optional(*share * 100) : std::nullopt, 1, style);
}

const std::vector<Column>& columns() {
  static const std::vector<Column> kColumns = {
      {"p50 ms", [](const GoldenSignals& s,
                    const Style& style) { return show_ms(s.p50, decimals_for_ms(s.p50.value_or(0)), style); }},
      {"p99 ms", [](const GoldenSignals& s,
                    const Style& style) { return show_ms(s.p99, decimals_for_ms(s.p99.value_or(0)), style); }},
      {"per s", [](const GoldenSignals& s, const Style& style) { return show_fixed(s.per_second, 1, style); }},
      {"errors %",
       [](const GoldenSignals& s, const Style& style) {
         if (s.attempts == 0) return percent(std::nullopt, style);
         return percent(static_cast<double>(s.errors) / static_cast<double>(s.attempts), style);
       }},
      {"busy %", [](const GoldenSignals& s, const Style& style) { return percent(s.workers_busy, style); }},
      {"queue",
       [](const GoldenSignals& s, const Style& style) {
         return s.queue_peak ? show_count(*s.queue_peak) : show_fixed(std::nullopt, 0, style);
       }},
      {"cores", [](const GoldenSignals& s, const Style& style) { return show_fixed(s.cores, 3, style); }}};
  return kColumns;
}

const GoldenSignals* find(const Summary& run, const std::string& service, const std::string& zone) {
  const auto zones = run.signals.find(service);
  if (zones == run.signals.end()) return nullptr;
  const auto found = zones->second.find(zone);
  return found == zones->second.end() ? nullptr : &found->second;
}

}  // namespace

std::string signal_block(const Worlds& worlds, const Style& style) {
  const ServiceSignals& all = worlds.back()->signals;
  if (all.empty()) return "";
  std::vector<std::size_t> gaps = {0, 2, 2};
  std::vector<std::string> titles = {"signals", "", ""};
  for (const Column& column : columns()) {
    gaps.push_back(2);
    titles.push_back(column.title);
  }
  Table table(gaps, 3);
  table.head(titles);
  std::size_t rows = 0;
  std::size_t left_out = 0;
  for (const auto& [service, zones] : all) {
    std::string shown = service;
    for (const auto& [zone, unused] : zones) {
      if (rows >= kMostRows) {
        ++left_out;
        continue;
      }
      ++rows;
      std::string shown_zone = zone;
      for (const Summary* run : worlds) {
        const GoldenSignals* signals = find(*run, service, zone);
        if (signals == nullptr) continue;
        std::vector<Table::Cell> cells = {shown, shown_zone, worlds.size() == 1 ? "" : run->world};
        for (const Column& column : columns()) cells.emplace_back(column.show(*signals, style));
        table.row(std::move(cells));
        shown.clear();
        shown_zone.clear();
      }
    }
  }
  std::string text = table.text(style);
  if (left_out > 0) text += fmt::format("  and {} more services and zones in summary.json\n", left_out);
  return text;
}

}  // namespace meshtwin
