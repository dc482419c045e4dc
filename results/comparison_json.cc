#include "results/comparison.h"
#include "results/json_units.h"

namespace meshtwin {
namespace {

Json rounded_or_null(std::optional<double> value, double steps) {
  return value ? Json(rounded(*value, steps)) : Json(nullptr);
}

Json latency_rows(const std::vector<LatencyRow>& rows) {
  Json list = Json::array();
  for (const LatencyRow& row : rows) {
    Json entry;
    entry["phase"] = row.phase;
    entry["figure"] = row.figure;
    entry["sim_ms"] = or_null(row.sim, in_ms);
    entry["emu_ms"] = or_null(row.emu, in_ms);
    entry["error"] = rounded_or_null(relative_error(row.sim, row.emu), 1e6);
    entry["null_model_ms"] = or_null(row.null_model, in_ms);
    entry["null_model_error"] = rounded_or_null(relative_error(row.null_model, row.emu), 1e6);
    entry["emu_repeat_ms"] = or_null(row.repeat, in_ms);
    entry["emu_repeat_error"] = rounded_or_null(relative_error(row.repeat, row.emu), 1e6);
    list.push_back(std::move(entry));
  }
  return list;
}

Json share_rows(const std::vector<ShareRow>& rows) {
  Json list = Json::array();
  for (const ShareRow& row : rows) {
    Json entry;
    entry["phase"] = row.phase;
    entry["service"] = row.service;
    entry["zone"] = row.zone;
    entry["sim"] = rounded_or_null(row.sim, 1e6);
    entry["emu"] = rounded_or_null(row.emu, 1e6);
    const bool both = row.sim && row.emu;
    entry["difference"] = both ? Json(rounded(*row.sim - *row.emu, 1e6)) : Json(nullptr);
    list.push_back(std::move(entry));
  }
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

}  // namespace

std::string to_json(const Comparison& comparison) {
  Json document;
  document["schema"] = kComparisonSchema;
  document["scenario"] = comparison.scenario;
  document["seed"] = comparison.seed;
  document["valid"] = comparison.invalid_reasons.empty();
  document["invalid_reasons"] = comparison.invalid_reasons;
  document["same_arrivals"] = comparison.same_arrivals;
  document["requests"] = requests_of(comparison);
  document["latency"] = latency_rows(comparison.latency);
  document["mesh_added"] = latency_rows(comparison.mesh_added);
  document["shares"] = share_rows(comparison.shares);
  document["failover_s"] = Json::object();
  for (const FailoverRow& row : comparison.failovers) {
    Json& entry = document["failover_s"][row.service];
    entry["sim"] = or_null(row.sim, in_seconds);
    entry["emu"] = or_null(row.emu, in_seconds);
    entry["error"] = rounded_or_null(relative_error(row.sim, row.emu), 1e6);
  }
  document["cpu_us_per_request"] = Json::object();
  for (const CpuRow& row : comparison.cpu) {
    Json& entry = document["cpu_us_per_request"][row.kind];
    entry["sim"] = rounded_or_null(row.sim_us, 1e3);
    entry["emu"] = rounded_or_null(row.emu_us, 1e3);
    entry["error"] = rounded_or_null(relative_error(row.sim_us, row.emu_us), 1e6);
  }
  return dump(document);
}

}  // namespace meshtwin
