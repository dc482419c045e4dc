#pragma once

// The context of a trace, as headers carry it from hop to hop: which request of the load this is (trace id), who sent
// it on (span id), whether it is written down (sampled), and at which place of its call path it stands. Two formats are
// read, whichever came, and the one that came is passed on: W3C's traceparent, and B3 in one header or in several.
//
// The draws of a request are keyed by its path, which each caller derives from its own: both worlds then draw the same
// for the same place, in whatever order things happen, with or without a mesh between. Unsampled requests carry it as
// their span id, which nobody on the way touches; of a sampled one each proxy makes the span id its own, and the path
// travels beside it as our entry of `tracestate`, the rest of which is passed on as it came.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mesh/wire/http_message.h"

namespace meshtwin {

inline constexpr std::string_view kTraceparent = "traceparent";
inline constexpr std::string_view kTracestate = "tracestate";

enum class Propagation : unsigned char { w3c, b3, b3multi };

struct TracingConfig {
  double sampling = 0.05;                      // share of the requests that are written down as spans
  Propagation propagation = Propagation::w3c;  // of traces that begin here
};

// Made once, where a trace begins; of the trace id alone, so that it is the same in both worlds.
bool is_sampled(std::uint64_t trace_low, double sampling);

struct TraceContext {
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t span = 0;
  std::uint64_t path = 0;
  bool sampled = false;

  // Of the call that is made at that place; its span id is its path.
  TraceContext child(std::uint64_t step, std::uint64_t call) const;
};

// What the headers say about sampling, by a glance: all that a hop looks at of a request that is not sampled.
enum class TraceFlag : unsigned char { absent, unsampled, sampled, undecided };
TraceFlag trace_flag(const Headers& headers);

struct ReceivedTrace {
  TraceContext context;
  Propagation format = Propagation::w3c;
};
std::optional<ReceivedTrace> read_trace(const Headers& headers);  // none: there is no valid one

std::string tracestate_of(const Headers& headers);  // all of it, where it came in several fields
// Replaces what there is of that format. `tracestate` as it came to whoever calls, whose entries are passed on.
void write_trace(Headers& headers, const TraceContext& context, Propagation format, std::string_view tracestate = {});
// The span id alone, of a request that passes: its path goes on as it came.
void rewrite_span(Headers& headers, const TraceContext& context, Propagation format);

std::string to_traceparent(const TraceContext& context);  // "00-<32 hex>-<16 hex>-01"
std::optional<TraceContext> parse_traceparent(std::string_view text);

}  // namespace meshtwin
