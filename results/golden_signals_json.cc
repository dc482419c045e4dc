#include "results/golden_signals_json.h"

namespace meshtwin {
namespace {

Json number_or_null(const std::optional<double>& value, double steps) {
  return value ? Json(rounded(*value, steps)) : Json(nullptr);
}

Json to_json(const GoldenSignals& signals) {
  Json entry;
  entry["latency_ms"]["p50"] = or_null(signals.p50, in_ms);
  entry["latency_ms"]["p90"] = or_null(signals.p90, in_ms);
  entry["latency_ms"]["p99"] = or_null(signals.p99, in_ms);
  entry["attempts"] = signals.attempts;
  entry["per_second"] = rounded(signals.per_second, 1e3);
  entry["errors"] = signals.errors;
  const double attempts = static_cast<double>(signals.attempts);
  entry["error_share"] =
      signals.attempts == 0 ? Json(nullptr) : Json(rounded(static_cast<double>(signals.errors) / attempts, 1e6));
  entry["workers_busy"] = number_or_null(signals.workers_busy, 1e6);
  entry["queue"] = number_or_null(signals.queue, 1e6);
  entry["queue_peak"] = signals.queue_peak ? Json(*signals.queue_peak) : Json(nullptr);
  entry["cores"] = rounded(signals.cores, 1e6);
  return entry;
}

GoldenSignals read_one(const JsonReader& reader) {
  GoldenSignals signals;
  const JsonReader latency = reader.at("latency_ms");
  signals.p50 = latency.at("p50").duration_or_null(kMillisecond);
  signals.p90 = latency.at("p90").duration_or_null(kMillisecond);
  signals.p99 = latency.at("p99").duration_or_null(kMillisecond);
  signals.attempts = reader.at("attempts").count();
  signals.per_second = reader.at("per_second").number();
  signals.errors = reader.at("errors").count();
  signals.workers_busy = reader.at("workers_busy").number_or_null();
  signals.queue = reader.at("queue").number_or_null();
  const JsonReader peak = reader.at("queue_peak");
  if (!peak.is_null()) signals.queue_peak = peak.count();
  signals.cores = reader.at("cores").number();
  return signals;
}

}  // namespace

Json to_json(const ServiceSignals& signals) {
  Json object = Json::object();
  for (const auto& [service, zones] : signals) {
    Json& entry = object[service]["zones"] = Json::object();
    for (const auto& [zone, of_zone] : zones) entry[zone] = to_json(of_zone);
  }
  return object;
}

ServiceSignals read_signals(const JsonReader& reader) {
  ServiceSignals signals;
  reader.each_member([&signals](const std::string& service, const JsonReader& entry) {
    entry.at("zones").each_member(
        [&](const std::string& zone, const JsonReader& of_zone) { signals[service][zone] = read_one(of_zone); });
  });
  return signals;
}

}  // namespace meshtwin
