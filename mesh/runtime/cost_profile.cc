#include "mesh/runtime/cost_profile.h"

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "mesh/base/problem.h"

namespace meshtwin {
namespace {

using Json = nlohmann::ordered_json;

double number(const Json& object, const char* key, const std::string& where) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_number()) {
    throw Problem({where}, std::string("expected a number \"") + key + '"');
  }
  const double value = object[key].get<double>();
  if (!(value >= 0 && value <= 1e12)) throw Problem({where}, std::string("\"") + key + "\" is out of range");
  return value;
}

struct DelayField {
  const char* key;
  Duration CostProfile::*member;
};
constexpr DelayField kDelays[] = {{"wake_up_latency_ns", &CostProfile::wake_up_latency},
                                  {"timer_lateness_ns", &CostProfile::timer_lateness},
                                  {"local_hop_ns", &CostProfile::local_hop},
                                  {"loopback_hop_ns", &CostProfile::loopback_hop},
                                  {"link_hop_ns", &CostProfile::link_hop}};

// A list of points, which may be absent; their times rise.
std::vector<TablePoint> points_of(const Json& document, const char* key, const char* time_key, const char* value_key,
                                  double least, const std::string& file_name) {
  std::vector<TablePoint> points;
  if (!document.contains(key)) return points;
  const std::string where = file_name + ": " + key;
  if (!document[key].is_array()) throw Problem({where}, "expected a list");
  for (const Json& entry : document[key]) {
    const TablePoint point{std::llround(number(entry, time_key, where)), number(entry, value_key, where)};
    if (point.at <= (points.empty() ? 0 : points.back().at)) {
      throw Problem({where}, std::string("each \"") + time_key + "\" must be above the one before, the first above 0");
    }
    if (point.value < least) throw Problem({where}, std::string("\"") + value_key + "\" is out of range");
    points.push_back(point);
  }
  return points;
}

// A list of quantiles, which may be absent; shares rise within 0..1, values do not fall.
std::vector<QuantilePoint> quantiles_of(const Json& list, const std::string& where) {
  std::vector<QuantilePoint> points;
  if (!list.is_array()) throw Problem({where}, "expected a list");
  for (const Json& entry : list) {
    const double share = number(entry, "share", where);
    if (!entry.contains("value") || !entry["value"].is_number()) throw Problem({where}, "expected a number \"value\"");
    const double value = entry["value"].get<double>();
    if (!(value >= -1e12 && value <= 1e12)) throw Problem({where}, "\"value\" is out of range");
    const bool rises = points.empty() || (share > points.back().share && value >= points.back().value);
    if (share > 1 || !rises) throw Problem({where}, "shares must rise from 0 to 1, and values must not fall");
    points.push_back({share, value});
  }
  return points;
}

std::vector<QuantilePoint> factors_of(const Json& document, const char* key, const std::string& file_name) {
  const std::string where = file_name + ": " + key;
  std::vector<QuantilePoint> points = quantiles_of(document.value(key, Json::array()), where);
  for (const QuantilePoint& point : points) {
    if (point.value < 0) throw Problem({where}, "a factor cannot be below 0");
  }
  return points;
}

Json to_list(const std::vector<QuantilePoint>& points) {
  Json list = Json::array();
  for (const QuantilePoint& point : points) list.push_back({{"share", point.share}, {"value", point.value}});
  return list;
}

std::vector<WakeSpread> wake_spread_of(const Json& document, const std::string& file_name) {
  std::vector<WakeSpread> spreads;
  const std::string where = file_name + ": wake_spread";
  const Json list = document.value("wake_spread", Json::array());
  if (!list.is_array()) throw Problem({where}, "expected a list");
  for (const Json& entry : list) {
    const Duration idle = std::llround(number(entry, "idle_ns", where));
    if (idle <= (spreads.empty() ? 0 : spreads.back().idle)) {
      throw Problem({where}, "each \"idle_ns\" must be above the one before, the first above 0");
    }
    spreads.push_back({idle, quantiles_of(entry.value("ns", Json()), where)});
  }
  return spreads;
}

Json to_list(const std::vector<TablePoint>& points, const char* time_key, const char* value_key) {
  Json list = Json::array();
  for (const TablePoint& point : points) list.push_back({{time_key, point.at}, {value_key, point.value}});
  return list;
}

}  // namespace

Duration cost_of(const CostProfile& profile, Operation operation, std::int64_t amount) {
  const OperationCost& cost = profile[operation];
  return static_cast<Duration>(cost.fixed_ns + cost.per_unit_ns * static_cast<double>(amount));
}

CostProfile parse_cost_profile(const std::string& json, const std::string& file_name) {
  const Json document = Json::parse(json, nullptr, false);
  if (document.is_discarded() || !document.is_object()) throw Problem({file_name}, "not a JSON object");
  if (document.value("schema", 0) != 1) throw Problem({file_name}, "expected \"schema\": 1");
  CostProfile profile;
  profile.name = document.value("name", "");
  profile.host = document.value("host", "");
  const double cores = number(document, "cores", file_name);
  if (cores < 1 || cores > 4096) throw Problem({file_name}, "\"cores\" is out of range");
  profile.cores = static_cast<std::uint32_t>(cores);
  const Json operations = document.value("operations", Json::object());
  for (std::size_t i = 0; i < kOperationCount; ++i) {
    const std::string name(kOperationNames[i]);
    if (!operations.contains(name)) throw Problem({file_name}, "no cost for operation \"" + name + '"');
    profile.operations[i] = {number(operations[name], "fixed_ns", file_name),
                             number(operations[name], "per_unit_ns", file_name)};
  }
  const Json delays = document.value("delays", Json::object());
  for (const DelayField& field : kDelays) profile.*field.member = std::llround(number(delays, field.key, file_name));
  profile.cold = points_of(document, "cold", "age_ns", "factor", 1, file_name);
  profile.idle_exit = points_of(document, "idle_exit", "idle_ns", "latency_ns", 0, file_name);
  profile.displaced = points_of(document, "displaced", "others_ns", "factor", 1, file_name);
  profile.turn_spread = factors_of(document, "turn_spread", file_name);
  profile.burst_spread = factors_of(document, "burst_spread", file_name);
  profile.wake_spread = wake_spread_of(document, file_name);
  return profile;
}

std::string to_json(const CostProfile& profile) {
  Json document = {{"schema", 1}, {"name", profile.name}, {"host", profile.host}, {"cores", profile.cores}};
  for (std::size_t i = 0; i < kOperationCount; ++i) {
    document["operations"][std::string(kOperationNames[i])] = {{"fixed_ns", profile.operations[i].fixed_ns},
                                                               {"per_unit_ns", profile.operations[i].per_unit_ns}};
  }
  for (const DelayField& field : kDelays) document["delays"][field.key] = profile.*field.member;
  document["cold"] = to_list(profile.cold, "age_ns", "factor");
  document["idle_exit"] = to_list(profile.idle_exit, "idle_ns", "latency_ns");
  document["displaced"] = to_list(profile.displaced, "others_ns", "factor");
  document["turn_spread"] = to_list(profile.turn_spread);
  document["burst_spread"] = to_list(profile.burst_spread);
  document["wake_spread"] = Json::array();
  for (const WakeSpread& spread : profile.wake_spread) {
    document["wake_spread"].push_back({{"idle_ns", spread.idle}, {"ns", to_list(spread.ns)}});
  }
  return document.dump(2) + '\n';
}

CostProfile null_cost_profile() {
  CostProfile profile;
  profile.name = "null";
  return profile;
}

}  // namespace meshtwin
