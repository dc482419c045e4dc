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
  return document.dump(2) + '\n';
}

CostProfile null_cost_profile() {
  CostProfile profile;
  profile.name = "null";
  return profile;
}

}  // namespace meshtwin
