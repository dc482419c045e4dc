// One request from end to end: its spans as bars below each other.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "results/present/explain_view.h"
#include "results/present/numbers.h"
#include "results/present/table.h"

namespace meshtwin {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBarLeast = 20;
constexpr std::size_t kBarMost = 72;

struct Line {
  const SpanRecord* span;
  std::size_t depth;
  std::vector<const SpanRecord*> calls = {};  // that a server makes
};

// Parents before their children, siblings by begin; whoever has no parent here stands at the top.
std::vector<Line> lines_of(const std::vector<SpanRecord>& spans) {
  std::set<std::uint64_t> known;
  for (const SpanRecord& span : spans) known.insert(span.span);
  std::map<std::uint64_t, std::vector<const SpanRecord*>> children;
  for (const SpanRecord& span : spans) children[known.contains(span.parent) ? span.parent : 0].push_back(&span);
  std::vector<Line> lines;
  std::set<const SpanRecord*> shown;
  std::vector<Line> next;
  const auto put = [&](std::uint64_t parent, std::size_t depth) {
    auto& list = children[parent];
    for (std::size_t i = list.size(); i-- > 0;) next.push_back({list[i], depth});
  };
  put(0, 0);
  while (!next.empty()) {
    const Line line = next.back();
    next.pop_back();
    if (!shown.insert(line.span).second) continue;
    lines.push_back(line);
    if (line.span->kind == SpanKind::server) lines.back().calls = children[line.span->span];
    if (line.span->span != 0) put(line.span->span, line.depth + 1);
  }
  return lines;
}

// What it has itself is full, what it waits for is light.
class Bar {
 public:
  Bar(const RequestRecord& request, std::size_t width, const Style& style)
      : begin_(request.intended), length_(request.done - request.intended), width_(width), style_(style) {}

  std::string text(const Line& line) const {
    const SpanRecord& span = *line.span;
    std::string bar(place(span.begin), ' ');
    for (std::size_t i = place(span.begin); i <= place(span.end); ++i) {
      const bool own = owns(line, i);
      bar += style_.unicode ? (own ? "█" : "░") : (own ? "#" : ".");
    }
    return bar + std::string(width_ - 1 - place(span.end), ' ');
  }

 private:
  std::size_t place(Time at) const {
    const double share = length_ > 0 ? static_cast<double>(at - begin_) / static_cast<double>(length_) : 0;
    return static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(width_ - 1));
  }
  bool within(std::size_t i, Time begin, Time end) const { return end > begin && i >= place(begin) && i <= place(end); }

  // A server works while it has a worker and no call under way, everybody else while it has the request itself.
  bool owns(const Line& line, std::size_t i) const {
    const SpanRecord& span = *line.span;
    const bool between = within(i, span.sent, span.returned);
    if (span.kind != SpanKind::server) return !between;
    return between &&
           std::ranges::none_of(line.calls, [&](const SpanRecord* call) { return within(i, call->begin, call->end); });
  }

  const Time begin_;
  const Duration length_;
  const std::size_t width_;
  const Style& style_;
};

std::string outcome_of(const SpanRecord& span) {
  std::string text = span.status != 0 ? std::to_string(span.status) : "";
  if (span.failure != Failure::none) text += (text.empty() ? "" : " ") + std::string(name_of(span.failure));
  if (span.attempts > 1) text += fmt::format(" try {}", span.attempts);
  return text;
}

Explanation explanation_of(const OneRequest& one, const std::vector<SpanRecord>& spans) {
  const Attribution attribution = attribute(one.run, spans, one.request.sent - one.request.intended);
  Explanation explanation;
  explanation.world = one.run.world;
  explanation.latency = static_cast<double>(attribution.latency);
  for (const HopParts& hop : attribution.hops) {
    Explanation::Hop copy{hop.hop, {}};
    std::ranges::transform(hop.parts.times, copy.parts.begin(),
                           [](Duration time) { return static_cast<double>(time); });
    explanation.hops.push_back(std::move(copy));
  }
  return explanation;
}

const std::vector<SpanRecord>& spans_of(const OneRequest& one) {
  static const std::vector<SpanRecord> kNone;
  const auto found = one.run.traces.find({one.request.trace_high, one.request.trace_low});
  return found == one.run.traces.end() ? kNone : found->second;
}

}  // namespace

std::string waterfall_of(const OneRequest& one, const Style& style) {
  const RequestRecord& request = one.request;
  const Duration latency = request.done - request.intended;
  const int decimals = decimals_for_ms(latency);
  std::string text = fmt::format(
      "{}: request {}/{}, {} s after the begin, {} ms, {}; trace {}\n\n", one.run.world, request.load, request.number,
      show_seconds(request.intended), show_ms(latency, decimals, style),
      request.failure == Failure::none ? std::to_string(request.status) : std::string(name_of(request.failure)),
      to_hex(TraceId{request.trace_high, request.trace_low}));
  const std::vector<Line> lines = lines_of(spans_of(one));
  std::size_t names = 0;
  for (const Line& line : lines)
    names = std::max(names, 2 * line.depth + columns_of(hop_of(one.run, *line.span)) + 2 +
                                columns_of(one.run.pods[line.span->pod].zone));
  const std::size_t taken = names + 36;
  const std::size_t width = std::clamp(style.width > taken ? style.width - taken : 0, kBarLeast, kBarMost);
  const Bar bar(request, width, style);
  Table table({0, 2, 2, 2, 2}, 1);
  table.head({"", "from, ms", "took, ms", "", ""});
  for (const Line& line : lines) {
    const SpanRecord& span = *line.span;
    table.row({std::string(2 * line.depth, ' ') + hop_of(one.run, span) + "  " + one.run.pods[span.pod].zone,
               show_ms(span.begin - request.intended, decimals, style), show_ms(span.end - span.begin, decimals, style),
               outcome_of(span), bar.text(line)});
  }
  return text + table.text(style);
}

std::string parts_of(const std::vector<OneRequest>& worlds, const Style& style) {
  std::vector<Explanation> explanations;
  for (const OneRequest& one : worlds) explanations.push_back(explanation_of(one, spans_of(one)));
  return parts_of(explanations, style);
}

std::string json_of(const std::vector<OneRequest>& worlds) {
  Json all;
  for (const OneRequest& one : worlds) {
    const RequestRecord& request = one.request;
    Json entry;
    entry["load"] = request.load;
    entry["number"] = request.number;
    entry["trace"] = to_hex(TraceId{request.trace_high, request.trace_low});
    entry["latency_ms"] = static_cast<double>(request.done - request.intended) / 1e6;
    entry["status"] = request.status;
    entry["failure"] = name_of(request.failure);
    const std::vector<SpanRecord>& spans = spans_of(one);
    const Explanation explanation = explanation_of(one, spans);
    for (std::size_t i = 0; i < kPartCount; ++i)
      entry["parts_ms"][std::string(kPartNames[i])] = explanation.total(static_cast<Part>(i)) / 1e6;
    entry["spans"] = Json::array();
    for (const Line& line : lines_of(spans)) {
      const SpanRecord& span = *line.span;
      entry["spans"].push_back({{"span", to_hex(span.span)},
                                {"parent", span.parent != 0 ? Json(to_hex(span.parent)) : Json()},
                                {"kind", name_of(span.kind)},
                                {"pod", one.run.pods[span.pod].name},
                                {"begin_ns", span.begin},
                                {"sent_ns", span.sent},
                                {"returned_ns", span.returned},
                                {"end_ns", span.end},
                                {"status", span.status},
                                {"failure", name_of(span.failure)}});
    }
    all["worlds"][one.run.world] = std::move(entry);
  }
  return all.dump(2) + "\n";
}

}  // namespace meshtwin
