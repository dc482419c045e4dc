#include "mesh/workload/trace_context.h"

#include "mesh/base/random.h"

namespace meshtwin {
namespace {

constexpr std::size_t kLength = 55;

void put_hex(char* at, std::uint64_t value) {
  for (int i = 15; i >= 0; --i, value >>= 4) at[i] = "0123456789abcdef"[value & 15];
}

bool get_hex(std::string_view text, std::uint64_t& value) {
  value = 0;
  for (char c : text) {
    if (c >= '0' && c <= '9') {
      value = value << 4 | static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = value << 4 | static_cast<std::uint64_t>(c - 'a' + 10);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

TraceContext TraceContext::child(std::uint64_t step, std::uint64_t call) const {
  return {trace_high, trace_low, hash_mix(hash_mix(span, step + 1), call + 1)};
}

std::string to_traceparent(const TraceContext& context) {
  std::string text("00-................................-................-01");
  put_hex(text.data() + 3, context.trace_high);
  put_hex(text.data() + 19, context.trace_low);
  put_hex(text.data() + 36, context.span);
  return text;
}

std::optional<TraceContext> parse_traceparent(std::string_view text) {
  TraceContext context;
  const bool shaped = text.size() == kLength && text.substr(0, 3) == "00-" && text[35] == '-' && text[52] == '-';
  if (!shaped || !get_hex(text.substr(3, 16), context.trace_high) || !get_hex(text.substr(19, 16), context.trace_low) ||
      !get_hex(text.substr(36, 16), context.span)) {
    return std::nullopt;
  }
  return context;
}

}  // namespace meshtwin
