#include "results/baseline.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "mesh/base/problem.h"
#include "results/fingerprint.h"
#include "results/json_reader.h"
#include "results/summary_json.h"

namespace meshtwin {
namespace {

constexpr int kBaselineSchema = 1;

// Of summary.json: what stands in the baseline itself, what charts are drawn from, and what tells of the simulator's
// speed instead of the mesh.
bool is_left_out(const std::string& key) {
  static const std::set<std::string> kLeftOut = {"schema",    "scenario",    "world",           "seed",
                                                 "series",    "fingerprint", "events_executed", "events_per_request",
                                                 "provenance"};
  return kLeftOut.contains(key);
}

// Entries of a list by their name where they have one.
std::string name_of_entry(const Json& entry, std::size_t place) {
  for (const char* key : {"name", "text"}) {
    if (entry.is_object() && entry.contains(key) && entry[key].is_string()) return entry[key].get<std::string>();
  }
  return std::to_string(place);
}

void collect(const Json& value, const std::string& way, std::map<std::string, std::string>& figures) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      if (way.empty() && is_left_out(key)) continue;
      collect(member, way.empty() ? key : way + "." + key, figures);
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) collect(value[i], way + "." + name_of_entry(value[i], i), figures);
  } else {
    figures[way] = value.dump();
  }
}

std::optional<double> number(const std::string& json) {
  const Json value = Json::parse(json, nullptr, false);
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

MovedFigure moved(const std::string& figure, const std::string& before, const std::string& after) {
  MovedFigure row{figure, before, after};
  const auto from = number(before);
  const auto to = number(after);
  if (from && to && *from != 0) row.relative = (*to - *from) / std::abs(*from);
  return row;
}

double distance(const MovedFigure& row) {
  return row.relative ? std::abs(*row.relative) : std::numeric_limits<double>::infinity();
}

}  // namespace

Baseline baseline_of(const Summary& summary, const std::string& file, const std::string& profile_fingerprint) {
  Baseline baseline;
  baseline.scenario = summary.scenario;
  baseline.file = file;
  baseline.seed = summary.seed;
  baseline.profile = profile_fingerprint;
  baseline.fingerprint = hex(summary.fingerprint);
  collect(Json::parse(to_json(summary)), "", baseline.figures);
  return baseline;
}

std::string to_json(const Baseline& baseline) {
  Json json;
  json["schema"] = kBaselineSchema;
  json["scenario"] = baseline.scenario;
  json["file"] = baseline.file;
  if (!baseline.settings.empty()) json["settings"] = baseline.settings;
  json["seed"] = baseline.seed;
  json["profile"] = baseline.profile;
  json["fingerprint"] = baseline.fingerprint;
  json["figures"] = Json::object();
  for (const auto& [figure, value] : baseline.figures) json["figures"][figure] = Json::parse(value);
  return json.dump(1) + "\n";
}

Baseline parse_baseline(const std::string& text, const std::string& file_name) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) throw Problem({file_name}, "is no JSON object; expected what meshtwin baseline update writes");
  const JsonReader root(json, file_name);
  if (root.at("schema").count() != kBaselineSchema) root.at("schema").refuse("1");
  Baseline baseline;
  baseline.scenario = root.at("scenario").text();
  baseline.file = root.at("file").text();
  if (root.has("settings")) {
    root.at("settings").each_item([&](const JsonReader& item) { baseline.settings.push_back(item.text()); });
  }
  baseline.seed = root.at("seed").count();
  baseline.profile = root.at("profile").text();
  baseline.fingerprint = root.at("fingerprint").text();
  root.at("figures").each_member([](const std::string&, const JsonReader&) {});  // an object, or refused
  for (const auto& [figure, value] : json["figures"].items()) baseline.figures[figure] = value.dump();
  return baseline;
}

BaselineDifference difference(const Baseline& before, const Baseline& after) {
  BaselineDifference found;
  found.other_seed = before.seed != after.seed;
  found.other_profile = before.profile != after.profile;
  found.other_records = before.fingerprint != after.fingerprint;
  for (const auto& [figure, value] : before.figures) {
    const auto now = after.figures.find(figure);
    if (now == after.figures.end()) {
      found.moved.push_back({figure, value, ""});
    } else if (now->second != value) {
      found.moved.push_back(moved(figure, value, now->second));
    }
  }
  for (const auto& [figure, value] : after.figures) {
    if (!before.figures.contains(figure)) found.moved.push_back({figure, "", value});
  }
  std::stable_sort(found.moved.begin(), found.moved.end(),
                   [](const MovedFigure& a, const MovedFigure& b) { return distance(a) > distance(b); });
  return found;
}

}  // namespace meshtwin
