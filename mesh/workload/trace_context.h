#pragma once

// W3C trace context: which request of the load this is (trace id), and at which place of its call path (span id). The
// draws of a request are keyed by its span id, which each caller derives from its own: both worlds then draw the same
// for the same place, in whatever order things happen.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshtwin {

inline constexpr std::string_view kTraceparent = "traceparent";

struct TraceContext {
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t span = 0;

  TraceContext child(std::uint64_t step, std::uint64_t call) const;
};

std::string to_traceparent(const TraceContext& context);  // "00-<32 hex>-<16 hex>-01"
std::optional<TraceContext> parse_traceparent(std::string_view text);

}  // namespace meshtwin
