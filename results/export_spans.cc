#include "results/export_spans.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace meshtwin {
namespace {

using Json = nlohmann::ordered_json;

// Of the protocol: SPAN_KIND_SERVER, SPAN_KIND_CLIENT; STATUS_CODE_ERROR.
constexpr int kServer = 2;
constexpr int kClient = 3;
constexpr int kError = 2;
constexpr int kSampledFlag = 1;

// A proxy of the client's is one more client, as Envoy says it; every other one answers as a server.
bool is_client(SpanKind kind) {
  return kind == SpanKind::load || kind == SpanKind::call || kind == SpanKind::outbound;
}

// As in HTTP's semantic conventions: to a client a 404 is an error, to its server it is not.
bool is_error(const SpanRecord& span) {
  return span.failure != Failure::none || span.status >= (is_client(span.kind) ? 400 : 500);
}

std::string error_type(const SpanRecord& span) {
  if (span.status >= 400) return std::to_string(span.status);
  std::string name(name_of(span.failure));
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return name;
}

std::string name_of_span(const TracedRun& run, const SpanRecord& span) {
  const bool away = is_client(span.kind);
  if (away && span.peer >= run.pods.size()) return std::string(name_of(span.method));
  return std::string(name_of(span.method)) + " " + run.service_of(away ? span.peer : span.pod);
}

// What is said of a span besides its ids and times; numbers and texts.
Json facts_of(const TracedRun& run, const SpanRecord& span) {
  Json facts;
  facts["http.request.method"] = name_of(span.method);
  if (span.status != 0) facts["http.response.status_code"] = span.status;
  if (is_error(span)) facts["error.type"] = error_type(span);
  if (span.attempts > 1) facts["http.request.resend_count"] = span.attempts - 1;
  if (span.peer < run.pods.size()) facts["peer.service"] = run.service_of(span.peer);
  facts["meshtwin.kind"] = name_of(span.kind);
  if (span.peer < run.pods.size()) facts["meshtwin.peer.pod"] = run.pods[span.peer].name;
  const std::pair<const char*, Duration> times[] = {{"meshtwin.connecting_ns", span.connecting},
                                                    {"meshtwin.dialling_ns", span.dialling},
                                                    {"meshtwin.securing_ns", span.securing},
                                                    {"meshtwin.retrying_ns", span.retrying},
                                                    {"meshtwin.computing_ns", span.computing}};
  for (const auto& [name, time] : times) {
    if (time != 0) facts[name] = time;
  }
  return facts;
}

struct Instant {
  const char* name;
  Time at;
};

std::vector<Instant> instants_of(const SpanRecord& span) {
  if (span.kind == SpanKind::server) return {{"worker took it", span.sent}, {"answer ready", span.returned}};
  return {{"request sent", span.sent}, {"answer received", span.returned}};
}

std::vector<std::vector<const SpanRecord*>> spans_by_pod(const TracedRun& run) {
  std::vector<std::vector<const SpanRecord*>> by_pod(run.pods.size());
  for (const auto& [trace, spans] : run.traces) {
    for (const SpanRecord& span : spans) by_pod[span.pod].push_back(&span);
  }
  for (auto& spans : by_pod) {
    std::ranges::stable_sort(spans, {}, [](const SpanRecord* span) { return span->begin; });
  }
  return by_pod;
}

Json attributes_of(const Json& facts) {
  Json attributes = Json::array();
  for (const auto& [key, value] : facts.items()) {
    const Json any = value.is_string() ? Json{{"stringValue", value}}
                                       : Json{{"intValue", std::to_string(value.get<std::int64_t>())}};
    attributes.push_back({{"key", key}, {"value", any}});
  }
  return attributes;
}

Json resource_of(const TracedRun& run, std::uint32_t place) {
  const RunSubject::Pod& pod = run.pods[place];
  const Json facts = {
      {"service.name", run.service_of(place)}, {"service.instance.id", pod.name}, {"k8s.pod.name", pod.name},
      {"k8s.namespace.name", "default"},       {"k8s.node.name", pod.node},       {"cloud.availability_zone", pod.zone},
      {"meshtwin.scenario", run.scenario},     {"meshtwin.world", run.world}};
  return {{"attributes", attributes_of(facts)}};
}

Json otlp_span(const TracedRun& run, const SpanRecord& span) {
  const auto unix_time = [&](Time at) { return std::to_string(run.unix_zero + at); };
  Json json;
  json["traceId"] = to_hex(TraceId{span.trace_high, span.trace_low});
  json["spanId"] = to_hex(span.span);
  if (span.parent != 0) json["parentSpanId"] = to_hex(span.parent);
  json["flags"] = kSampledFlag;
  json["name"] = name_of_span(run, span);
  json["kind"] = is_client(span.kind) ? kClient : kServer;
  json["startTimeUnixNano"] = unix_time(span.begin);
  json["endTimeUnixNano"] = unix_time(span.end);
  json["attributes"] = attributes_of(facts_of(run, span));
  json["events"] = Json::array();
  for (const Instant& instant : instants_of(span))
    json["events"].push_back({{"timeUnixNano", unix_time(instant.at)}, {"name", instant.name}});
  json["status"] = is_error(span) ? Json{{"code", kError}} : Json::object();
  return json;
}

Json zipkin_span(const TracedRun& run, const SpanRecord& span) {
  const auto micros = [&](Time at) { return (run.unix_zero + at) / 1000; };
  Json json;
  json["traceId"] = to_hex(TraceId{span.trace_high, span.trace_low});
  json["id"] = to_hex(span.span);
  if (span.parent != 0) json["parentId"] = to_hex(span.parent);
  json["kind"] = is_client(span.kind) ? "CLIENT" : "SERVER";
  json["name"] = name_of_span(run, span);
  json["timestamp"] = micros(span.begin);
  json["duration"] = std::max<Time>(1, micros(span.end) - micros(span.begin));
  json["localEndpoint"] = {{"serviceName", run.service_of(span.pod)}};
  if (is_client(span.kind) && span.peer < run.pods.size())
    json["remoteEndpoint"] = {{"serviceName", run.service_of(span.peer)}};
  json["annotations"] = Json::array();
  for (const Instant& instant : instants_of(span))
    json["annotations"].push_back({{"timestamp", micros(instant.at)}, {"value", instant.name}});
  Json tags;
  const Json facts = facts_of(run, span);
  for (const auto& [key, value] : facts.items())
    tags[key] = value.is_string() ? value : Json(std::to_string(value.get<std::int64_t>()));
  if (is_error(span)) tags["error"] = error_type(span);
  tags["k8s.pod.name"] = run.pods[span.pod].name;
  tags["cloud.availability_zone"] = run.pods[span.pod].zone;
  json["tags"] = std::move(tags);
  return json;
}

// Text of the host's (a name of a pod) may be anything: what is no UTF-8 is replaced.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void write_otlp(std::ostream& out, const TracedRun& run) {
  const auto by_pod = spans_by_pod(run);
  out << "{\"resourceSpans\":[";
  bool first_pod = true;
  for (std::uint32_t pod = 0; pod < by_pod.size(); ++pod) {
    if (by_pod[pod].empty()) continue;
    out << (std::exchange(first_pod, false) ? "\n" : ",\n") << "{\"resource\":" << text_of(resource_of(run, pod))
        << ",\"scopeSpans\":[{\"scope\":{\"name\":\"meshtwin\"},\"spans\":[";
    bool first = true;
    for (const SpanRecord* span : by_pod[pod])
      out << (std::exchange(first, false) ? "\n" : ",\n") << text_of(otlp_span(run, *span));
    out << "]}]}";
  }
  out << "]}\n";
}

void write_zipkin(std::ostream& out, const TracedRun& run) {
  out << '[';
  bool first = true;
  for (const auto& [trace, spans] : run.traces) {
    for (const SpanRecord& span : spans)
      out << (std::exchange(first, false) ? "\n" : ",\n") << text_of(zipkin_span(run, span));
  }
  out << "]\n";
}

}  // namespace meshtwin
