#include <fstream>
#include <iterator>

#include "mesh/base/problem.h"
#include "results/golden_signals_json.h"
#include "results/json_reader.h"
#include "results/summary_json.h"

namespace meshtwin {
namespace {

std::map<std::string, std::uint64_t> read_counts(const JsonReader& reader) {
  std::map<std::string, std::uint64_t> counts;
  reader.each_member([&counts](const std::string& name, const JsonReader& member) { counts[name] = member.count(); });
  return counts;
}

RequestCounts read_requests(const JsonReader& reader) {
  return {reader.at("sent").count(), reader.at("ok").count(), read_counts(reader.at("failed"))};
}

LatencyFigures read_latency(const JsonReader& reader, std::uint64_t count) {
  LatencyFigures figures;
  figures.count = count;
  if (count == 0) return figures;
  figures.mean = reader.at("mean").duration(kMillisecond);
  figures.p50 = reader.at("p50").duration(kMillisecond);
  figures.p90 = reader.at("p90").duration(kMillisecond);
  figures.p99 = reader.at("p99").duration(kMillisecond);
  figures.p999 = reader.at("p999").duration(kMillisecond);
  figures.max = reader.at("max").duration(kMillisecond);
  return figures;
}

ServiceZones read_services(const JsonReader& reader) {
  ServiceZones services;
  reader.each_member([&services](const std::string& service, const JsonReader& entry) {
    entry.at("zones").each_member([&](const std::string& zone, const JsonReader& figures) {
      services[service][zone] = figures.at("requests").count();
    });
  });
  return services;
}

Phase read_phase(const JsonReader& reader) {
  Phase phase;
  phase.name = reader.at("name").text();
  phase.begin = reader.at("start_s").duration(kSecond);
  phase.end = reader.at("end_s").duration(kSecond);
  phase.requests = read_requests(reader.at("requests"));
  phase.latency = read_latency(reader.at("latency_ms"), phase.requests.ok);
  phase.services = read_services(reader.at("services"));
  return phase;
}

Failover read_failover(const JsonReader& reader) {
  return {reader.at("service").text(), reader.at("zone").text(), reader.at("at_s").duration(kSecond),
          reader.at("until_s").duration(kSecond), reader.at("after_s").duration_or_null(kSecond)};
}

Convergence read_convergence(const JsonReader& reader) {
  return {reader.at("at_s").duration(kSecond), reader.at("version").text(), reader.at("proxies").count(),
          reader.at("first_s").duration(kSecond), reader.at("last_s").duration(kSecond)};
}

RoleFigures read_role(const JsonReader& reader) {
  RoleFigures role{reader.at("kind").text(), reader.at("cpu_ms").duration(kMillisecond), -1};
  const std::optional<double> megabytes = reader.at("memory_peak_mb").number_or_null();
  if (megabytes) role.memory_peak = std::llround(*megabytes * 1e6);
  return role;
}

Verdict read_verdict(const JsonReader& reader) {
  return {reader.at("text").text(), reader.at("value").number_or_null(), reader.at("shown").text(),
          reader.at("pass").boolean(), reader.at("why").text()};
}

LinkQuality read_link(const JsonReader& reader) {
  LinkQuality link;
  link.name = reader.at("name").text();
  link.delay_wanted = reader.at("delay_wanted_us").duration(kMicrosecond);
  link.delay_p50 = reader.at("delay_p50_us").duration(kMicrosecond);
  link.delay_p99 = reader.at("delay_p99_us").duration(kMicrosecond);
  link.lateness_p50 = reader.at("lateness_p50_us").duration(kMicrosecond);
  link.lateness_p99 = reader.at("lateness_p99_us").duration(kMicrosecond);
  link.packets = reader.at("packets").count();
  link.lost = reader.at("lost").count();
  return link;
}

// Every list of the series has one entry a slice.
template <typename Read>
void read_slices(const JsonReader& list, std::size_t slices, Read&& read) {
  std::size_t place = 0;
  list.each_item([&](const JsonReader& item) {
    if (place < slices) read(place, item);
    ++place;
  });
  if (place != slices) list.refuse("expected as many entries as in series.requests");
}

Series read_series(const JsonReader& reader) {
  Series series;
  series.width = reader.at("width_s").duration(kSecond);
  if (series.width <= 0) reader.at("width_s").refuse("expected more than 0");
  reader.at("requests").each_item([&series](const JsonReader& item) {
    series.slices.emplace_back().requests = item.count();
  });
  std::vector<Series::Slice>& slices = series.slices;
  if (slices.empty()) reader.at("requests").refuse("expected at least one slice");
  const std::size_t n = slices.size();
  read_slices(reader.at("failed"), n, [&](std::size_t i, const JsonReader& item) { slices[i].failed = item.count(); });
  read_slices(reader.at("latency_p50_ms"), n,
              [&](std::size_t i, const JsonReader& item) { slices[i].p50 = item.duration_or_null(kMillisecond); });
  read_slices(reader.at("latency_p99_ms"), n,
              [&](std::size_t i, const JsonReader& item) { slices[i].p99 = item.duration_or_null(kMillisecond); });
  reader.at("answered").each_member([&](const std::string& service, const JsonReader& zones) {
    zones.each_member([&](const std::string& zone, const JsonReader& list) {
      std::vector<std::uint64_t>& answered = series.answered[service][zone];
      answered.resize(n);
      read_slices(list, n, [&answered](std::size_t i, const JsonReader& item) { answered[i] = item.count(); });
    });
  });
  return series;
}

std::uint64_t read_hex(const JsonReader& reader) {
  const std::string text = reader.text();
  if (text.size() != 16 || text.find_first_not_of("0123456789abcdef") != std::string::npos) {
    reader.refuse("expected 16 hexadecimal digits");
  }
  return std::stoull(text, nullptr, 16);
}

void read_measures(Summary& summary, const JsonReader& root) {
  const JsonReader attempts = root.at("attempts");
  summary.attempts = {attempts.at("total").count(), attempts.at("retries").count(), read_counts(attempts.at("failed"))};
  const JsonReader lateness = root.at("generator").at("lateness_us");
  summary.generator = {lateness.at("p50").duration(kMicrosecond), lateness.at("p99").duration(kMicrosecond),
                       lateness.at("max").duration(kMicrosecond), lateness.at("at_the_end").duration(kMicrosecond)};
  root.at("links").each_item([&](const JsonReader& item) { summary.links.push_back(read_link(item)); });
  summary.utilisation = root.at("utilisation").number();
  summary.steal = root.at("steal").number();
  const JsonReader segments = root.at("data_segments");
  summary.data_segments = segments.is_null() ? -1 : static_cast<std::int64_t>(segments.count());
  summary.traversals_per_request = root.at("traversals_per_request").number_or_null();
  root.at("shortcuts").each_member([&](const std::string& path, const JsonReader& usage) {
    summary.shortcuts[path] = {usage.at("redirected_messages").count(), usage.at("redirected_bytes").count(),
                               usage.at("passed_messages").count(), usage.at("passed_bytes").count(),
                               usage.at("fallen_back").count()};
  });
  summary.events_executed = root.at("events_executed").count();
}

Summary read_summary(const JsonReader& root) {
  if (root.at("schema").count() != static_cast<std::uint64_t>(kSummarySchema)) {
    root.at("schema").refuse("expected " + std::to_string(kSummarySchema) + ", the only version this program reads");
  }
  Summary summary;
  summary.scenario = root.at("scenario").text();
  summary.world = root.at("world").text();
  if (summary.world != "sim" && summary.world != "emu") root.at("world").refuse("expected \"sim\" or \"emu\"");
  summary.seed = root.at("seed").count();
  summary.duration = root.at("duration_s").duration(kSecond);
  root.at("invalid_reasons").each_item([&](const JsonReader& item) { summary.invalid_reasons.push_back(item.text()); });
  root.at("warnings").each_item([&](const JsonReader& item) { summary.warnings.push_back(item.text()); });
  if (root.at("valid").boolean() != summary.valid()) root.at("valid").refuse("does not agree with invalid_reasons");
  summary.fingerprint = read_hex(root.at("fingerprint"));
  summary.arrivals = read_hex(root.at("arrivals"));
  summary.requests = read_requests(root.at("requests"));
  summary.latency = read_latency(root.at("latency_ms"), summary.requests.ok);
  root.at("phases").each_item([&](const JsonReader& item) { summary.phases.push_back(read_phase(item)); });
  if (summary.phases.empty()) root.at("phases").refuse("expected at least one phase");
  summary.services = read_services(root.at("services"));
  if (root.has("signals")) summary.signals = read_signals(root.at("signals"));  // added later
  root.at("failovers").each_item([&](const JsonReader& item) { summary.failovers.push_back(read_failover(item)); });
  if (root.has("convergences"))
    root.at("convergences").each_item([&](const JsonReader& item) {
      summary.convergences.push_back(read_convergence(item));
    });
  root.at("roles").each_member(
      [&](const std::string& name, const JsonReader& role) { summary.roles[name] = read_role(role); });
  root.at("expectations").each_item([&](const JsonReader& item) {
    summary.expectations.push_back(read_verdict(item));
  });
  if (root.has("unjudged")) {
    root.at("unjudged").each_item([&](const JsonReader& item) {
      summary.unjudged.push_back({item.at("text").text(), std::nullopt, "-", false, item.at("why").text()});
    });
  }
  read_measures(summary, root);
  root.at("timeline").each_item([&](const JsonReader& item) {
    summary.marks.push_back({item.at("at_s").duration(kSecond), item.at("text").text()});
  });
  summary.series = read_series(root.at("series"));
  root.at("provenance").each_member([&](const std::string& key, const JsonReader& value) {
    summary.provenance[key] = value.text();
  });
  return summary;
}

}  // namespace

Summary parse_summary(const std::string& json, const std::string& file_name) {
  const Json document = Json::parse(json, nullptr, false);
  if (document.is_discarded()) throw Problem({file_name, 0, 0}, "not JSON");
  return read_summary(JsonReader(document, file_name));
}

Summary load_summary(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Problem({path, 0, 0}, "cannot be opened: no such file, or not readable");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return parse_summary(text, path);
}

}  // namespace meshtwin
