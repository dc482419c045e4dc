#include "results/report/traces.h"

#include <map>
#include <string>

#include "results/report/trace_choice.h"

namespace meshtwin {
namespace {

constexpr std::size_t kTraces = 60;
constexpr std::size_t kSpans = 400;  // of one trace in one world

struct Spans {
  Json list = Json::array();
  std::uint64_t cut = 0;
};

Json rounded_us(double us) {
  return rounded(us, 1e1);
}

// `row`: trace, span, parent, pod, peer, kind, four instants, four durations, status, failure, attempts.
Json span_json(const Statement& row, Time zero) {
  Json span = Json::array();
  span.push_back(std::string(row.text(1)));
  span.push_back(row.is_null(2) ? Json(nullptr) : Json(std::string(row.text(2))));
  span.push_back(row.integer(3));
  span.push_back(row.is_null(4) ? Json(nullptr) : Json(row.integer(4)));
  span.push_back(std::string(row.text(5)));
  for (int column = 6; column < 10; ++column) span.push_back(rounded_us(in_us(row.integer(column)) - in_us(zero)));
  for (int column = 10; column < 14; ++column) span.push_back(rounded_us(in_us(row.integer(column))));
  span.push_back(row.integer(14));
  span.push_back(std::string(row.text(15)));
  span.push_back(row.integer(16));
  return span;
}

std::map<std::string, Spans> spans_of(const Database& store, const std::map<std::string, Time>& zeros) {
  std::map<std::string, Spans> traces;
  const char* query =
      "SELECT trace, span, parent, pod, peer, kind, begin_ns, sent_ns, returned_ns, end_ns, connecting_ns, "
      "securing_ns, retrying_ns, computing_ns, status, failure, attempts FROM spans ORDER BY begin_ns, end_ns DESC";
  each_row(store, query, [&](const Statement& row) {
    const auto zero = zeros.find(std::string(row.text(0)));
    if (zero == zeros.end()) return;
    Spans& spans = traces[zero->first];
    if (spans.list.size() < kSpans) {
      spans.list.push_back(span_json(row, zero->second));
    } else {
      ++spans.cut;
    }
  });
  return traces;
}

Json request_json(const TracedRequest& request, Spans spans) {
  Json one;
  one["latency_ms"] = in_ms(request.latency);
  one["failure"] = request.failure;
  one["status"] = request.status;
  one["spans"] = std::move(spans.list);
  if (spans.cut > 0) one["cut"] = spans.cut;
  return one;
}

}  // namespace

Json traces_json(const std::map<std::string, const Database*>& stores) {
  const TraceChoice choice = choose_traces(stores, kTraces);
  std::map<std::string, Time> zeros;
  for (const ChosenTrace& trace : choice.chosen) zeros[trace.id] = trace.intended;
  std::map<std::string, std::map<std::string, Spans>> spans;  // by world, then trace
  for (const auto& [world, store] : stores) spans[world] = spans_of(*store, zeros);
  Json traces;
  traces["sampled"] = choice.sampled;
  traces["in_both"] = choice.in_both;
  Json& list = traces["list"] = Json::array();
  for (const ChosenTrace& trace : choice.chosen) {
    Json one;
    one["id"] = trace.id;
    one["why"] = trace.why;
    one["load"] = trace.load;
    one["number"] = trace.number;
    one["at_s"] = in_seconds(trace.intended);
    for (const auto& [world, request] : trace.worlds) {
      one["worlds"][world] = request_json(request, std::move(spans[world][trace.id]));
    }
    list.push_back(std::move(one));
  }
  return traces;
}

}  // namespace meshtwin
