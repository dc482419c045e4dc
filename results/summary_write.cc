#include "results/fingerprint.h"
#include "results/golden_signals_json.h"
#include "results/json_units.h"
#include "results/summary_json.h"

namespace meshtwin {
namespace {

Json counts_json(const std::map<std::string, std::uint64_t>& counts) {
  Json object = Json::object();
  for (const auto& [name, count] : counts) object[name] = count;
  return object;
}

Json requests_json(const RequestCounts& requests) {
  Json object;
  object["sent"] = requests.sent;
  object["ok"] = requests.ok;
  object["failed"] = counts_json(requests.failed);
  return object;
}

Json latency_json(const LatencyFigures& latency) {
  const auto figure = [&latency](Duration value) { return latency.count == 0 ? Json(nullptr) : Json(in_ms(value)); };
  Json object;
  object["mean"] = figure(latency.mean);
  object["p50"] = figure(latency.p50);
  object["p90"] = figure(latency.p90);
  object["p99"] = figure(latency.p99);
  object["p999"] = figure(latency.p999);
  object["max"] = figure(latency.max);
  return object;
}

Json services_json(const ServiceZones& services) {
  Json object = Json::object();
  for (const auto& [service, zones] : services) {
    Json& entry = object[service]["zones"] = Json::object();
    for (const auto& [zone, answered] : zones) {
      const std::optional<double> share = share_of(services, service, zone);
      entry[zone]["requests"] = answered;
      entry[zone]["share"] = share ? Json(rounded(*share, 1e6)) : Json(nullptr);
    }
  }
  return object;
}

Json phases_json(const std::vector<Phase>& phases) {
  Json list = Json::array();
  for (const Phase& phase : phases) {
    Json entry;
    entry["name"] = phase.name;
    entry["start_s"] = in_seconds(phase.begin);
    entry["end_s"] = in_seconds(phase.end);
    entry["requests"] = requests_json(phase.requests);
    entry["latency_ms"] = latency_json(phase.latency);
    entry["services"] = services_json(phase.services);
    list.push_back(std::move(entry));
  }
  return list;
}

void put_failovers(Json& document, const Summary& summary) {
  document["failover_s"] = Json::object();
  for (const auto& [service, after] : longest_failovers(summary.failovers)) {
    document["failover_s"][service] = or_null(after, in_seconds);
  }
  Json& list = document["failovers"] = Json::array();
  for (const Failover& failover : summary.failovers) {
    Json entry;
    entry["service"] = failover.service;
    entry["zone"] = failover.zone;
    entry["at_s"] = in_seconds(failover.at);
    entry["until_s"] = in_seconds(failover.until);
    entry["after_s"] = or_null(failover.after, in_seconds);
    list.push_back(std::move(entry));
  }
}

void put_convergences(Json& document, const Summary& summary) {
  if (summary.convergences.empty()) return;
  Json& list = document["convergences"] = Json::array();
  for (const Convergence& change : summary.convergences) {
    Json entry;
    entry["at_s"] = in_seconds(change.at);
    entry["version"] = change.version;
    entry["proxies"] = change.proxies;
    entry["first_s"] = in_seconds(change.first);
    entry["last_s"] = in_seconds(change.last);
    list.push_back(std::move(entry));
  }
}

Json roles_json(const Summary& summary) {
  Json object = Json::object();
  const double sent = static_cast<double>(summary.requests.sent);
  for (const auto& [name, role] : summary.roles) {
    Json& entry = object[name];
    entry["kind"] = role.kind;
    entry["cpu_ms"] = in_ms(role.cpu);
    entry["cpu_us_per_request"] = sent == 0 ? Json(nullptr) : Json(rounded(in_us(role.cpu) / sent, 1e3));
    entry["memory_peak_mb"] = role.memory_peak < 0 ? Json(nullptr) : Json(static_cast<double>(role.memory_peak) / 1e6);
  }
  return object;
}

Json expectations_json(const std::vector<Verdict>& verdicts) {
  Json list = Json::array();
  for (const Verdict& verdict : verdicts) {
    Json entry;
    entry["text"] = verdict.text;
    entry["value"] = verdict.value ? Json(*verdict.value) : Json(nullptr);
    entry["shown"] = verdict.shown;
    entry["pass"] = verdict.pass;
    entry["why"] = verdict.why;
    list.push_back(std::move(entry));
  }
  return list;
}

Json links_json(const std::vector<LinkQuality>& links) {
  Json list = Json::array();
  for (const LinkQuality& link : links) {
    Json entry;
    entry["name"] = link.name;
    entry["delay_wanted_us"] = in_us(link.delay_wanted);
    entry["delay_p50_us"] = in_us(link.delay_p50);
    entry["delay_p99_us"] = in_us(link.delay_p99);
    entry["lateness_p50_us"] = in_us(link.lateness_p50);
    entry["lateness_p99_us"] = in_us(link.lateness_p99);
    entry["packets"] = link.packets;
    entry["lost"] = link.lost;
    list.push_back(std::move(entry));
  }
  return list;
}

Json series_json(const Series& series) {
  Json object;
  object["width_s"] = in_seconds(series.width);
  for (const char* key : {"requests", "failed", "latency_p50_ms", "latency_p99_ms"}) object[key] = Json::array();
  for (const Series::Slice& slice : series.slices) {
    object["requests"].push_back(slice.requests);
    object["failed"].push_back(slice.failed);
    object["latency_p50_ms"].push_back(or_null(slice.p50, in_ms));
    object["latency_p99_ms"].push_back(or_null(slice.p99, in_ms));
  }
  object["answered"] = Json::object();
  for (const auto& [service, zones] : series.answered) {
    for (const auto& [zone, slices] : zones) object["answered"][service][zone] = slices;
  }
  return object;
}

Json shortcuts_json(const std::map<std::string, ShortcutUsage>& shortcuts) {
  Json object = Json::object();
  for (const auto& [path, usage] : shortcuts) {
    Json& one = object[path];
    one["redirected_messages"] = usage.redirected_messages;
    one["redirected_bytes"] = usage.redirected_bytes;
    one["passed_messages"] = usage.passed_messages;
    one["passed_bytes"] = usage.passed_bytes;
    one["fallen_back"] = usage.fallen_back;
  }
  return object;
}

void put_measures(Json& document, const Summary& summary) {
  document["attempts"]["total"] = summary.attempts.total;
  document["attempts"]["retries"] = summary.attempts.retries;
  document["attempts"]["failed"] = counts_json(summary.attempts.failed);
  Json& lateness = document["generator"]["lateness_us"];
  lateness["p50"] = in_us(summary.generator.p50);
  lateness["p99"] = in_us(summary.generator.p99);
  lateness["max"] = in_us(summary.generator.max);
  lateness["at_the_end"] = in_us(summary.generator.at_the_end);
  document["links"] = links_json(summary.links);
  document["utilisation"] = rounded(summary.utilisation, 1e6);
  document["steal"] = rounded(summary.steal, 1e6);
  document["data_segments"] = summary.data_segments < 0 ? Json(nullptr) : Json(summary.data_segments);
  document["traversals_per_request"] =
      summary.traversals_per_request.has_value() ? Json(rounded(*summary.traversals_per_request, 1e6)) : Json(nullptr);
  document["shortcuts"] = shortcuts_json(summary.shortcuts);
  document["events_executed"] = summary.events_executed;
  const double sent = static_cast<double>(summary.requests.sent);
  document["events_per_request"] =
      sent == 0 ? Json(nullptr) : Json(rounded(static_cast<double>(summary.events_executed) / sent, 1e3));
}

}  // namespace

std::string to_json(const Summary& summary) {
  Json document;
  document["schema"] = kSummarySchema;
  document["scenario"] = summary.scenario;
  document["world"] = summary.world;
  document["seed"] = summary.seed;
  document["duration_s"] = in_seconds(summary.duration);
  document["valid"] = summary.valid();
  document["invalid_reasons"] = summary.invalid_reasons;
  document["warnings"] = summary.warnings;
  document["fingerprint"] = hex(summary.fingerprint);
  document["arrivals"] = hex(summary.arrivals);
  document["requests"] = requests_json(summary.requests);
  document["latency_ms"] = latency_json(summary.latency);
  document["phases"] = phases_json(summary.phases);
  document["services"] = services_json(summary.services);
  document["signals"] = to_json(summary.signals);
  put_failovers(document, summary);
  put_convergences(document, summary);
  document["roles"] = roles_json(summary);
  document["expectations"] = expectations_json(summary.expectations);
  for (const Verdict& verdict : summary.unjudged) {
    document["unjudged"].push_back({{"text", verdict.text}, {"why", verdict.why}});
  }
  put_measures(document, summary);
  document["timeline"] = Json::array();
  for (const SummaryMark& mark : summary.marks) {
    Json entry;
    entry["at_s"] = in_seconds(mark.at);
    entry["text"] = mark.text;
    document["timeline"].push_back(std::move(entry));
  }
  document["series"] = series_json(summary.series);
  document["provenance"] = summary.provenance;
  return dump(document);
}

}  // namespace meshtwin
