#include "results/report/run_data.h"

#include <charconv>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "mesh/base/problem.h"
#include "results/report/events.h"
#include "results/report/latency_over_time.h"
#include "results/report/metric_families.h"
#include "results/report/pods.h"
#include "results/report/time_grid.h"
#include "results/report/time_spent.h"
#include "results/report/traces.h"
#include "results/report/traffic.h"

namespace meshtwin {
namespace {

constexpr std::size_t kSlices = 200;

using Meta = std::map<std::string, std::string>;

struct OneWorld {
  std::string folder;
  std::unique_ptr<Database> store;
  Meta meta;
};

Meta meta_of(const Database& store) {
  Meta meta;
  each_row(store, "SELECT key, value FROM meta",
           [&](const Statement& row) { meta[std::string(row.text(0))] = row.text(1); });
  return meta;
}

// A store that cannot be read is a mistake in what was asked for, not of the host.
OneWorld open_world(const std::string& folder) {
  const std::string path = folder + "/run.sqlite";
  try {
    auto store = std::make_unique<Database>(path, SqlMode::read_only);
    Meta meta = meta_of(*store);
    return {folder, std::move(store), std::move(meta)};
  } catch (const SqlError& error) {
    throw Problem({path}, std::string("found no store of a run (") + error.what() + "), expected one by meshtwin run");
  }
}

std::string value_of(const Meta& meta, const std::string& key) {
  const auto found = meta.find(key);
  return found == meta.end() ? "" : found->second;
}

// A run that crashed may not have said how long it was to be: then it is as long as what it left behind.
Duration duration_of(const Database& store, const Meta& meta) {
  const std::string text = value_of(meta, "duration_ns");
  Duration duration = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), duration);
  if (error == std::errc{} && end == text.data() + text.size() && duration > 0) return duration;
  each_row(store, "SELECT max(intended_ns) FROM requests", [&](const Statement& row) { duration = row.integer(0); });
  return duration;
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

// A document beside the store, or the text that the store itself has of it; null where there is neither.
Json document(const std::string& path, const std::string& otherwise) {
  const std::optional<std::string> text = read_file(path);
  if (!text && otherwise.empty()) return nullptr;
  // What lies deeper than any document of ours is dropped: it could not be written without endless recursion.
  constexpr int kDeepest = 32;
  const auto shallow = [](int depth, Json::parse_event_t, Json&) { return depth < kDeepest; };
  Json parsed = Json::parse(text ? *text : otherwise, shallow, false);
  if (parsed.is_discarded()) {
    throw Problem({path}, "found no JSON, expected what a run wrote there; the run has to be made again");
  }
  return parsed;
}

// What the page takes for granted in a summary.
Json checked_summary(const std::string& path, Json summary) {
  if (summary.is_null()) return summary;
  const std::pair<const char*, Json::value_t> wanted[] = {{"requests", Json::value_t::object},
                                                          {"latency_ms", Json::value_t::object},
                                                          {"phases", Json::value_t::array},
                                                          {"expectations", Json::value_t::array},
                                                          {"invalid_reasons", Json::value_t::array}};
  for (const auto& [key, type] : wanted) {
    if (!summary.is_object() || !summary.contains(key) || summary[key].type() != type)
      throw Problem({path}, std::string("found no ") + key + ", expected the summary of a run");
  }
  summary.erase("series");  // the page has finer ones
  return summary;
}

Json facts(const Meta& meta, const std::string& prefix) {
  Json object = Json::object();
  for (const auto& [key, value] : meta) {
    if (key.starts_with(prefix)) object[key.substr(prefix.size())] = value;
  }
  return object;
}

Json loads_json(const Database& store) {
  Json list = Json::array();
  each_row(store, "SELECT text FROM loads ORDER BY id",
           [&](const Statement& row) { list.push_back(std::string(row.text(0))); });
  return list;
}

std::uint64_t count_of(const Database& store, const char* query) {
  std::uint64_t count = 0;
  each_row(store, query, [&](const Statement& row) { count = static_cast<std::uint64_t>(row.integer(0)); });
  return count;
}

Json links_json(const Database& store) {
  Json list = Json::array();
  each_row(store, "SELECT zone_a, zone_b, rtt_ns FROM links", [&](const Statement& row) {
    list.push_back({std::string(row.text(0)), std::string(row.text(1)), in_ms(row.integer(2))});
  });
  return list;
}

Json world_json(const OneWorld& from, const TimeGrid& grid, const LatencyScale& scale) {
  const Database& store = *from.store;
  const Meta& meta = from.meta;
  const Pods pods(store);
  Json world;
  world["state"] = value_of(meta, "state");
  world["fingerprint"] = value_of(meta, "fingerprint");
  world["provenance"] = facts(meta, "provenance.");
  world["environment"] = facts(meta, "environment.");
  const std::string path = from.folder + "/summary.json";
  world["summary"] = checked_summary(path, document(path, value_of(meta, "summary")));
  world["counts"] = {{"requests", count_of(store, "SELECT count(*) FROM requests")},
                     {"attempts", count_of(store, "SELECT count(*) FROM attempts")},
                     {"spans", count_of(store, "SELECT count(*) FROM spans")},
                     {"accesses", count_of(store, "SELECT count(*) FROM accesses")},
                     {"metrics", count_of(store, "SELECT count(*) FROM metrics")}};
  world["loads"] = loads_json(store);
  world["pods"] = pods.pods_json();
  world["groups"] = pods.groups_json();
  world["traffic"] = traffic_json(store, pods, grid);
  world["latency"] = latency_over_time_json(store, grid, scale);
  world["events"] = events_json(store, grid);
  world["time_spent"] = time_spent_json(store.path());
  world["metrics"] = metric_families_json(store, pods, grid.duration());
  return world;
}

}  // namespace

Json set_data(const std::string& folder) {
  Json comparison = document(folder + "/comparison.json", "");
  if (!comparison.is_object()) return nullptr;
  return {{"name", folder}, {"comparison", std::move(comparison)}};
}

Json run_data(const RunPlace& folder) try {
  std::map<std::string, OneWorld> worlds;
  std::map<std::string, const Database*> stores;
  std::vector<const Database*> all;
  Duration duration = 0;
  for (const char* name : {"emu", "sim"}) {
    if (folder.folder_of(name).empty()) continue;
    const OneWorld& world = worlds.emplace(name, open_world(folder.folder_of(name))).first->second;
    all.push_back(stores[name] = world.store.get());
    duration = std::max(duration, duration_of(*world.store, world.meta));
  }
  const TimeGrid grid(duration, kSlices);
  const LatencyScale scale = scale_for(all, grid);
  const Meta& meta = worlds.begin()->second.meta;
  Json run;
  run["name"] = folder.name;
  for (const char* key : {"scenario", "seed", "file", "settings", "overrides"}) run[key] = value_of(meta, key);
  run["duration_s"] = in_seconds(duration);
  run["width_s"] = in_seconds(grid.width());
  run["slices"] = grid.slices();
  run["bins"] = bins_json(scale.bins);
  run["comparison"] = document(folder.path + "/comparison.json", "");
  run["links"] = links_json(*all.front());
  run["worlds"] = Json::object();
  for (const auto& [name, world] : worlds) run["worlds"][name] = world_json(world, grid, scale);
  run["traces"] = traces_json(stores);
  return run;
} catch (const SqlError& error) {
  throw Problem({folder.path}, std::string("found a store that is not as expected (") + error.what() +
                                   "), expected one by this version of meshtwin run");
}

}  // namespace meshtwin
