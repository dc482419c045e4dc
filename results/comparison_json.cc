#include "results/comparison.h"
#include "results/json_units.h"

namespace meshtwin {
namespace {

constexpr double kSteps = 1e6;

Json rounded_or_null(std::optional<double> value, double steps = kSteps) {
  return value ? Json(rounded(*value, steps)) : Json(nullptr);
}

Json interval_json(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return Json::array({rounded(interval->low, kSteps), rounded(interval->high, kSteps)});
}

Json latency_rows(const std::vector<LatencyRow>& rows) {
  Json list = Json::array();
  for (const LatencyRow& row : rows) {
    Json entry;
    if (!row.route.empty()) entry["route"] = row.route;
    entry["phase"] = row.phase;
    entry["figure"] = row.figure;
    entry["sim_ms"] = or_null(row.sim, in_ms);
    entry["emu_ms"] = or_null(row.emu, in_ms);
    entry["error"] = rounded_or_null(relative_error(row.sim, row.emu));
    entry["error_interval"] = interval_json(row.intervals.sim);
    entry["null_model_ms"] = or_null(row.null_model, in_ms);
    entry["null_model_error"] = rounded_or_null(relative_error(row.null_model, row.emu));
    entry["null_model_error_interval"] = interval_json(row.intervals.null_model);
    entry["emu_repeat_ms"] = or_null(row.repeat, in_ms);
    entry["emu_repeat_error"] = rounded_or_null(relative_error(row.repeat, row.emu));
    entry["emu_repeat_error_interval"] = interval_json(row.intervals.repeat);
    entry["repeats"] = row.repeats;
    list.push_back(std::move(entry));
  }
  return list;
}

Json distance_rows(const std::vector<DistanceRow>& rows) {
  Json list = Json::array();
  for (const DistanceRow& row : rows) {
    Json entry;
    if (!row.route.empty()) entry["route"] = row.route;
    entry["phase"] = row.phase;
    entry["figure"] = row.figure;
    entry["sim"] = rounded_or_null(row.sim);
    entry["interval"] = interval_json(row.intervals.sim);
    entry["null_model"] = rounded_or_null(row.null_model);
    entry["null_model_interval"] = interval_json(row.intervals.null_model);
    entry["emu_repeat"] = rounded_or_null(row.repeat);
    entry["emu_repeat_interval"] = interval_json(row.intervals.repeat);
    entry["repeats"] = row.repeats;
    list.push_back(std::move(entry));
  }
  return list;
}

Json share_row(const ShareRow& row) {
  Json entry;
  if (!row.phase.empty()) entry["phase"] = row.phase;
  if (!row.service.empty()) entry["service"] = row.service;
  if (!row.zone.empty()) entry["zone"] = row.zone;
  entry["sim"] = rounded_or_null(row.sim);
  entry["emu"] = rounded_or_null(row.emu);
  const bool both = row.sim && row.emu;
  entry["difference"] = both ? Json(rounded(*row.sim - *row.emu, kSteps)) : Json(nullptr);
  entry["difference_interval"] = interval_json(row.interval);
  entry["repeats"] = row.repeats;
  return entry;
}

Json share_rows(const std::vector<ShareRow>& rows) {
  Json list = Json::array();
  for (const ShareRow& row : rows) list.push_back(share_row(row));
  return list;
}

Json count_row(const CountRow& row) {
  Json entry;
  entry["sim"] = row.sim;
  entry["emu"] = row.emu;
  return entry;
}

Json requests_of(const Comparison& comparison) {
  Json object;
  object["sent"] = count_row(comparison.sent);
  object["ok"] = count_row(comparison.ok);
  object["failed"] = Json::object();
  for (const CountRow& row : comparison.failed) object["failed"][row.name] = count_row(row);
  return object;
}

template <typename Row>
void add_times(Json& entry, const Row& row) {
  entry["sim"] = or_null(row.sim, in_seconds);
  entry["emu"] = or_null(row.emu, in_seconds);
  entry["error"] = rounded_or_null(relative_error(row.sim, row.emu));
  entry["error_interval"] = interval_json(row.interval);
  entry["repeats"] = row.repeats;
}

Json expectations_of(const Comparison& comparison) {
  Json list = Json::array();
  for (const ModelVerdict& judged : comparison.expectations) {
    Json entry;
    entry["text"] = judged.verdict.text;
    entry["value"] = rounded_or_null(judged.verdict.value);
    entry["error_interval"] = interval_json(judged.interval);
    entry["shown"] = judged.verdict.shown;
    entry["pass"] = judged.verdict.pass;
    entry["why"] = judged.verdict.why;
    list.push_back(std::move(entry));
  }
  return list;
}

void add_events(Json& document, const Comparison& comparison) {
  document["failover_s"] = Json::object();
  for (const FailoverRow& row : comparison.failovers) add_times(document["failover_s"][row.service], row);
  document["endpoints"] = Json::array();
  for (const EndpointRow& row : comparison.endpoints) {
    Json entry;
    entry["endpoint"] = row.endpoint;
    entry["event"] = row.event;
    add_times(entry, row);
    document["endpoints"].push_back(std::move(entry));
  }
}

}  // namespace

std::string to_json(const Comparison& comparison) {
  Json document;
  document["schema"] = kComparisonSchema;
  document["scenario"] = comparison.scenario;
  document["seed"] = comparison.seed;
  document["repeats"] = comparison.seeds.size();
  document["seeds"] = comparison.seeds;
  document["valid"] = comparison.invalid_reasons.empty();
  document["invalid_reasons"] = comparison.invalid_reasons;
  document["same_arrivals"] = comparison.same_arrivals;
  document["requests"] = requests_of(comparison);
  document["latency"] = latency_rows(comparison.latency);
  document["mesh_added"] = latency_rows(comparison.mesh_added);
  document["routes"] = latency_rows(comparison.route_latency);
  document["routes_mesh_added"] = latency_rows(comparison.route_mesh_added);
  document["distances"] = distance_rows(comparison.distances);
  document["shares"] = share_rows(comparison.shares);
  document["success"] = share_rows(comparison.success);
  document["retries"] = comparison.retries ? share_row(*comparison.retries) : Json(nullptr);
  add_events(document, comparison);
  document["cpu_us_per_request"] = Json::object();
  for (const CpuRow& row : comparison.cpu) {
    Json& entry = document["cpu_us_per_request"][row.kind];
    entry["sim"] = rounded_or_null(row.sim_us, 1e3);
    entry["emu"] = rounded_or_null(row.emu_us, 1e3);
    entry["error"] = rounded_or_null(relative_error(row.sim_us, row.emu_us));
    entry["error_interval"] = interval_json(row.interval);
    entry["repeats"] = row.repeats;
  }
  document["expectations"] = expectations_of(comparison);
  return dump(document);
}

}  // namespace meshtwin
