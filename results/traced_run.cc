#include "results/traced_run.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <sstream>

#include "mesh/base/problem.h"
#include "results/sqlite.h"

namespace meshtwin {
namespace {

// 2026-01-01: what simulated runs count from.
constexpr Time kModelledEpoch = 1'767'225'600 * kSecond;

std::uint64_t parse_hex(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

TraceId trace_in(std::string_view text) {
  if (text.size() != 32) return {};
  return {parse_hex(text.substr(0, 16)), parse_hex(text.substr(16))};
}

template <typename Enum, std::size_t count>
Enum named(std::string_view name, const std::array<std::string_view, count>& names) {
  const auto found = std::ranges::find(names, name);
  return static_cast<Enum>(found == names.end() ? 0 : found - names.begin());
}

void read_meta(const Database& database, TracedRun& run) {
  std::map<std::string, std::string> facts;
  for (Statement rows(database, "SELECT key, value FROM meta WHERE key NOT IN ('summary', 'settings')"); rows.step();)
    facts[std::string(rows.text(0))] = rows.text(1);
  run.scenario = facts["scenario"];
  run.world = facts["world"];
  run.complete = facts["state"] == "complete";
  run.unix_zero = kModelledEpoch;
  if (const auto zero = facts.find("environment.unix_zero_ns"); zero != facts.end()) {
    std::from_chars(zero->second.data(), zero->second.data() + zero->second.size(), run.unix_zero);
  }
}

void set_delay(TracedRun& run, const std::string& zone_a, const std::string& zone_b, Time from, Duration rtt) {
  run.delays[{zone_a, zone_b}][from] = run.delays[{zone_b, zone_a}][from] = rtt / 2;
}

void read_places(const Database& database, TracedRun& run) {
  for (Statement rows(database, "SELECT name, service, zone, node FROM pods ORDER BY id"); rows.step();) {
    run.pods.push_back(
        {std::string(rows.text(0)), std::string(rows.text(1)), std::string(rows.text(2)), std::string(rows.text(3))});
  }
  for (Statement rows(database, "SELECT text FROM loads ORDER BY id"); rows.step();)
    run.loads.emplace_back(rows.text(0));
  for (Statement rows(database, "SELECT zone_a, zone_b, rtt_ns FROM links"); rows.step();) {
    set_delay(run, std::string(rows.text(0)), std::string(rows.text(1)), INT64_MIN, rows.integer(2));
  }
}

// "rtt_ns=2000000 az-a az-b": the timeline has shaped a link, or given it back its shape.
void read_shapes(const Database& database, TracedRun& run) {
  Statement rows(database,
                 "SELECT at_ns, detail FROM events WHERE kind IN ('fault', 'restore') AND detail LIKE 'rtt_ns=%'");
  while (rows.step()) {
    std::istringstream words{std::string(rows.text(1)).substr(7)};
    Duration rtt = 0;
    std::string a;
    std::string b;
    if (words >> rtt >> a >> b) set_delay(run, a, b, rows.integer(0), rtt);
  }
}

void read_requests(const Database& database, TracedRun& run) {
  Statement rows(database,
                 "SELECT load, number, intended_ns, sent_ns, done_ns, status, failure, trace FROM requests "
                 "ORDER BY load, number");
  while (rows.step()) {
    RequestRecord request;
    request.load = static_cast<std::uint32_t>(rows.integer(0));
    request.number = static_cast<std::uint64_t>(rows.integer(1));
    request.intended = rows.integer(2);
    request.sent = rows.integer(3);
    request.done = rows.integer(4);
    request.status = static_cast<std::uint16_t>(rows.integer(5));
    request.failure = named<Failure>(rows.text(6), kFailureNames);
    const TraceId trace = rows.is_null(7) ? TraceId{} : trace_in(rows.text(7));
    request.trace_high = trace.high;
    request.trace_low = trace.low;
    run.requests.push_back(request);
  }
}

void read_spans(const Database& database, TracedRun& run) {
  Statement rows(database,
                 "SELECT trace, span, parent, pod, peer, kind, begin_ns, sent_ns, returned_ns, end_ns, connecting_ns, "
                 "dialling_ns, securing_ns, retrying_ns, computing_ns, status, failure, attempts, method FROM spans "
                 "ORDER BY begin_ns, end_ns DESC, span");
  while (rows.step()) {
    const TraceId trace = trace_in(rows.text(0));
    SpanRecord span;
    span.trace_high = trace.high;
    span.trace_low = trace.low;
    span.span = parse_hex(rows.text(1));
    span.parent = rows.is_null(2) ? 0 : parse_hex(rows.text(2));
    span.pod = static_cast<std::uint32_t>(rows.integer(3));
    if (!rows.is_null(4)) span.peer = static_cast<std::uint32_t>(rows.integer(4));
    span.kind = named<SpanKind>(rows.text(5), kSpanKindNames);
    span.begin = rows.integer(6);
    span.sent = rows.integer(7);
    span.returned = rows.integer(8);
    span.end = rows.integer(9);
    span.connecting = rows.integer(10);
    span.dialling = rows.integer(11);
    span.securing = rows.integer(12);
    span.retrying = rows.integer(13);
    span.computing = rows.integer(14);
    span.status = static_cast<std::uint16_t>(rows.integer(15));
    span.failure = named<Failure>(rows.text(16), kFailureNames);
    span.attempts = static_cast<std::uint32_t>(rows.integer(17));
    span.method = method_of(rows.text(18));
    if (span.pod < run.pods.size()) run.traces[trace].push_back(span);
  }
}

}  // namespace

std::string to_hex(std::uint64_t span) {
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; span >>= 4) text[i] = "0123456789abcdef"[span & 15];
  return text;
}

std::string to_hex(const TraceId& trace) {
  return to_hex(trace.high) + to_hex(trace.low);
}

std::optional<TraceId> parse_trace_id(const std::string& text) {
  const bool digits =
      std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!digits || (text.size() != 32 && text.size() != 16)) return std::nullopt;
  return trace_in(text.size() == 32 ? text : std::string(16, '0') + text);
}

Duration TracedRun::delay_between(std::uint32_t pod_a, std::uint32_t pod_b, Time at) const {
  const auto link = delays.find({pods.at(pod_a).zone, pods.at(pod_b).zone});
  if (link == delays.end()) return 0;
  const auto next = link->second.upper_bound(at);
  return next == link->second.begin() ? 0 : std::prev(next)->second;
}

std::string TracedRun::service_of(std::uint32_t pod) const {
  return pods.at(pod).service.empty() ? pods.at(pod).name : pods.at(pod).service;
}

TracedRun read_traced_run(const std::string& store) {
  try {
    const Database database(store, SqlMode::read_only);
    TracedRun run;
    read_meta(database, run);
    read_places(database, run);
    read_shapes(database, run);
    read_requests(database, run);
    read_spans(database, run);
    return run;
  } catch (const SqlError& error) {
    throw Problem({store}, std::string("found no store of a run that can be read (") + error.what() +
                               "), expected one that meshtwin run has written");
  }
}

}  // namespace meshtwin
