#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "results/present/blocks.h"
#include "results/present/numbers.h"
#include "results/present/table.h"

namespace meshtwin {
namespace {

constexpr std::size_t kMostServices = 8;

// Services with zones to choose from: those whose zones fail first, then by name.
std::vector<std::string> services_of(const Summary& run) {
  std::vector<std::string> services;
  for (const Failover& failover : run.failovers) {
    if (std::find(services.begin(), services.end(), failover.service) == services.end()) {
      services.push_back(failover.service);
    }
  }
  for (const auto& [service, zones] : run.services) {
    if (zones.size() < 2 || std::find(services.begin(), services.end(), service) != services.end()) continue;
    services.push_back(service);
  }
  return services;
}

std::string share_text(const Summary& run, std::size_t phase, const std::string& service, const std::string& zone,
                       const Style& style) {
  if (phase >= run.phases.size()) return show_fixed(std::nullopt, 1, style);
  const std::optional<double> share = share_of(run.phases[phase].services, service, zone);
  return show_fixed(share ? std::optional(*share * 100) : std::nullopt, 1, style);
}

std::string share_table(const Worlds& worlds, const std::vector<std::string>& services, std::size_t first_phase,
                        std::size_t last_phase, const Style& style) {
  const Summary& run = *worlds.back();
  std::vector<std::size_t> gaps = {0, 2};
  std::vector<std::string> titles = {"answered by, %", ""};
  for (std::size_t phase = first_phase; phase < last_phase; ++phase) {
    const std::string interval = show_interval(run.phases[phase].begin, run.phases[phase].end, style);
    for (std::size_t i = 0; i < worlds.size(); ++i) {
      gaps.push_back(i == 0 ? 4 : 2);
      titles.push_back(worlds.size() == 1 ? interval : worlds[i]->world);
    }
  }
  Table table(gaps, 2);
  for (std::size_t phase = first_phase; phase < last_phase && worlds.size() > 1; ++phase) {
    const std::size_t column = 2 + (phase - first_phase) * worlds.size();
    table.span(column, column + worlds.size() - 1,
               show_interval(run.phases[phase].begin, run.phases[phase].end, style));
  }
  table.head(titles);
  for (const std::string& service : services) {
    const auto zones = run.services.find(service);
    if (zones == run.services.end()) continue;
    std::string shown = service;
    for (const auto& [zone, answered] : zones->second) {
      std::vector<Table::Cell> cells = {shown, zone};
      for (std::size_t phase = first_phase; phase < last_phase; ++phase) {
        for (const Summary* world : worlds) cells.emplace_back(share_text(*world, phase, service, zone, style));
      }
      table.row(std::move(cells));
      shown.clear();
    }
  }
  return table.text(style);
}

}  // namespace

std::string share_block(const Worlds& worlds, const Style& style) {
  const Summary& run = *worlds.back();
  std::vector<std::string> services = services_of(run);
  if (services.empty()) return "";
  const std::size_t left_out = services.size() > kMostServices ? services.size() - kMostServices : 0;
  services.resize(services.size() - left_out);
  std::size_t names = 0;
  for (const std::string& service : services) names = std::max(names, columns_of(service));
  const std::size_t phase_width = worlds.size() == 2 ? 16 : 12;
  const std::size_t room = style.width > names + 20 ? style.width - names - 20 : 0;
  const std::size_t at_once = std::max<std::size_t>(1, room / phase_width);
  std::string text;
  for (std::size_t phase = 0; phase < run.phases.size(); phase += at_once) {
    if (phase > 0) text += '\n';
    text += share_table(worlds, services, phase, std::min(phase + at_once, run.phases.size()), style);
  }
  if (left_out > 0) text += fmt::format("  and {} more services in summary.json\n", left_out);
  return text;
}

}  // namespace meshtwin
