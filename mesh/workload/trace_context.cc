#include "mesh/workload/trace_context.h"

#include <array>

#include "mesh/base/random.h"

namespace meshtwin {
namespace {

constexpr std::size_t kLength = 55;

void put_hex(char* at, std::uint64_t value) {
  for (int i = 15; i >= 0; --i, value >>= 4) at[i] = "0123456789abcdef"[value & 15];
}

// The value of each character as a hexadecimal digit; 0x80 marks the others. A table, because the digits are random.
constexpr std::array<std::uint8_t, 256> kDigits = [] {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(0x80);
  for (std::uint8_t i = 0; i < 10; ++i) digits['0' + i] = i;
  for (std::uint8_t i = 0; i < 6; ++i) digits['a' + i] = static_cast<std::uint8_t>(10 + i);
  return digits;
}();

bool get_hex(std::string_view text, std::uint64_t& value) {
  value = 0;
  std::uint8_t seen = 0;
  for (char c : text) {
    const std::uint8_t digit = kDigits[static_cast<unsigned char>(c)];
    seen |= digit;
    value = value << 4 | (digit & 15U);
  }
  return (seen & 0x80) == 0;
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
