#include "results/report/events.h"

#include <map>
#include <string>
#include <vector>

namespace meshtwin {
namespace {

struct Kept {
  std::uint64_t total = 0;
  std::uint64_t kept = 0;
};

// Kinds of which there is one for each pod, or each proxy and resource, are worth less space than what is rare.
std::uint64_t most_of(std::string_view kind) {
  if (kind == "config") return 400;
  return kind == "pod_ready" || kind == "pod_gone" || kind == "pod_unready" ? 20'000 : 2'000;
}

}  // namespace

Json events_json(const Database& store, const TimeGrid& grid) {
  std::map<std::string, Kept> kinds;
  std::vector<std::uint32_t> config(grid.slices());
  std::uint64_t total = 0;
  Json rows = Json::array();
  const char* query = "SELECT at_ns, kind, subject, detail FROM events ORDER BY at_ns, kind, subject, detail";
  each_row(store, query, [&](const Statement& row) {
    ++total;
    const std::string kind(row.text(1));
    if (kind == "config" && row.integer(0) >= 0) ++config[grid.at(row.integer(0))];
    Kept& kept = kinds[kind];
    if (kept.total++ >= most_of(kind)) return;
    ++kept.kept;
    rows.push_back({in_seconds(row.integer(0)), kind, std::string(row.text(2)), std::string(row.text(3))});
  });
  Json events;
  events["total"] = total;
  events["kinds"] = Json::object();
  for (const auto& [kind, kept] : kinds) events["kinds"][kind] = {{"total", kept.total}, {"kept", kept.kept}};
  events["rows"] = std::move(rows);
  events["config"] = config;
  return events;
}

}  // namespace meshtwin
