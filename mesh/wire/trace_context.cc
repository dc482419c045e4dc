#include "mesh/wire/trace_context.h"

#include <array>

#include "mesh/base/random.h"

namespace meshtwin {
namespace {

constexpr std::size_t kLength = 55;  // of a traceparent of version 00
constexpr std::size_t kFlags = 53;
constexpr std::string_view kB3 = "b3";
constexpr std::string_view kTraceId = "x-b3-traceid";
constexpr std::string_view kSpanId = "x-b3-spanid";
constexpr std::string_view kParentSpanId = "x-b3-parentspanid";
constexpr std::string_view kSampled = "x-b3-sampled";
constexpr std::string_view kDebug = "x-b3-flags";
constexpr std::string_view kOurEntry = "meshtwin=";
constexpr std::size_t kStateMost = 512;  // characters of other vendors' entries that are passed on

void put_hex(char* at, std::uint64_t value) {
  for (int i = 15; i >= 0; --i, value >>= 4) at[i] = "0123456789abcdef"[value & 15];
}

std::string hex(std::uint64_t value) {
  std::string text(16, '0');
  put_hex(text.data(), value);
  return text;
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

bool valid(const TraceContext& context) {
  return (context.trace_high | context.trace_low) != 0 && context.span != 0;
}

// 16 or 32 digits.
bool get_trace_id(std::string_view text, TraceContext& context) {
  if (text.size() == 16) return get_hex(text, context.trace_low);
  return text.size() == 32 && get_hex(text.substr(0, 16), context.trace_high) &&
         get_hex(text.substr(16), context.trace_low);
}

std::string b3_trace_id(const TraceContext& context) {
  return (context.trace_high != 0 ? hex(context.trace_high) : std::string()) + hex(context.trace_low);
}

TraceFlag b3_flag(std::string_view state) {
  if (state == "1" || state == "d" || state == "true") return TraceFlag::sampled;
  return state == "0" || state == "false" ? TraceFlag::unsampled : TraceFlag::undecided;
}

// "TRACE-SPAN", "TRACE-SPAN-STATE", "TRACE-SPAN-STATE-PARENT", or a state alone.
std::string_view b3_part(std::string_view text, int number) {
  for (; number > 0; --number) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return {};
    text.remove_prefix(dash + 1);
  }
  return text.substr(0, text.find('-'));
}

std::string_view b3_state(std::string_view text) {
  return text.find('-') == std::string_view::npos ? text : b3_part(text, 2);
}

std::optional<TraceContext> parse_b3(std::string_view trace, std::string_view span, TraceFlag flag) {
  TraceContext context;
  if (!get_trace_id(trace, context) || span.size() != 16 || !get_hex(span, context.span)) return std::nullopt;
  context.sampled = flag == TraceFlag::sampled;
  return context;
}

TraceFlag multi_flag(const Headers& headers) {
  return headers.get(kDebug) == "1" ? TraceFlag::sampled : b3_flag(headers.get(kSampled));
}

std::optional<std::uint64_t> path_in(std::string_view state) {
  for (std::size_t at = 0; at < state.size();) {
    std::size_t end = state.find(',', at);
    if (end == std::string_view::npos) end = state.size();
    std::string_view entry = state.substr(at, end - at);
    while (entry.starts_with(' ')) entry.remove_prefix(1);
    std::uint64_t path = 0;
    if (entry.starts_with(kOurEntry) && entry.size() == kOurEntry.size() + 16 &&
        get_hex(entry.substr(kOurEntry.size()), path)) {
      return path;
    }
    at = end + 1;
  }
  return std::nullopt;
}

// The entries of others.
std::string others_in(std::string_view state) {
  std::string others;
  for (std::size_t at = 0; at < state.size();) {
    std::size_t end = state.find(',', at);
    if (end == std::string_view::npos) end = state.size();
    std::string_view entry = state.substr(at, end - at);
    at = end + 1;
    while (entry.starts_with(' ')) entry.remove_prefix(1);
    if (entry.empty() || entry.starts_with(kOurEntry)) continue;
    if (others.size() + entry.size() > kStateMost) break;
    if (!others.empty()) others += ',';
    others += entry;
  }
  return others;
}

}  // namespace

bool is_sampled(std::uint64_t trace_low, double sampling) {
  return static_cast<double>(trace_low >> 11) * 0x1p-53 < sampling;
}

TraceContext TraceContext::child(std::uint64_t step, std::uint64_t call) const {
  const std::uint64_t place = hash_mix(hash_mix(path, step + 1), call + 1);
  return {trace_high, trace_low, place, place, sampled};
}

std::string to_traceparent(const TraceContext& context) {
  std::string text("00-................................-................-00");
  put_hex(text.data() + 3, context.trace_high);
  put_hex(text.data() + 19, context.trace_low);
  put_hex(text.data() + 36, context.span);
  if (context.sampled) text.back() = '1';
  return text;
}

// A version after 00 may say more behind what this one does; ff is none.
std::optional<TraceContext> parse_traceparent(std::string_view text) {
  TraceContext context;
  std::uint64_t version = 0;
  std::uint64_t flags = 0;
  const bool shaped = text.size() >= kLength && text[2] == '-' && text[35] == '-' && text[52] == '-' &&
                      get_hex(text.substr(0, 2), version);
  if (!shaped || version == 0xff || (version == 0 && text.size() != kLength)) return std::nullopt;
  if (text.size() > kLength && text[kLength] != '-') return std::nullopt;
  if (!get_hex(text.substr(3, 16), context.trace_high) || !get_hex(text.substr(19, 16), context.trace_low) ||
      !get_hex(text.substr(36, 16), context.span) || !get_hex(text.substr(kFlags, 2), flags) || !valid(context)) {
    return std::nullopt;
  }
  context.path = context.span;
  context.sampled = (flags & 1) != 0;
  return context;
}

TraceFlag trace_flag(const Headers& headers) {
  const std::string_view parent = headers.get(kTraceparent);
  if (parent.size() >= kLength) {
    const std::uint8_t low = kDigits[static_cast<unsigned char>(parent[kFlags + 1])];
    return (low & 1) != 0 ? TraceFlag::sampled : TraceFlag::unsampled;
  }
  if (const std::string_view b3 = headers.get(kB3); !b3.empty()) return b3_flag(b3_state(b3));
  const TraceFlag multi = multi_flag(headers);
  return multi == TraceFlag::undecided && !headers.has(kTraceId) ? TraceFlag::absent : multi;
}

std::optional<ReceivedTrace> read_trace(const Headers& headers) {
  std::optional<TraceContext> context = parse_traceparent(headers.get(kTraceparent));
  Propagation format = Propagation::w3c;
  if (!context.has_value()) {
    const std::string_view b3 = headers.get(kB3);
    context = parse_b3(b3_part(b3, 0), b3_part(b3, 1), b3_flag(b3_state(b3)));
    format = Propagation::b3;
  }
  if (!context.has_value()) {
    context = parse_b3(headers.get(kTraceId), headers.get(kSpanId), multi_flag(headers));
    format = Propagation::b3multi;
  }
  if (!context.has_value() || !valid(*context)) return std::nullopt;
  context->path = context->span;
  if (context->sampled) context->path = path_in(tracestate_of(headers)).value_or(context->span);
  return ReceivedTrace{*context, format};
}

std::string tracestate_of(const Headers& headers) {
  std::string all;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (headers.name(i) != kTracestate) continue;
    if (!all.empty()) all += ',';
    all += headers.value(i);
  }
  return all;
}

void rewrite_span(Headers& headers, const TraceContext& context, Propagation format) {
  switch (format) {
    case Propagation::w3c:
      headers.set(kTraceparent, to_traceparent(context));
      break;
    case Propagation::b3:
      headers.set(kB3, b3_trace_id(context) + "-" + hex(context.span) + (context.sampled ? "-1" : "-0"));
      break;
    case Propagation::b3multi:
      headers.set(kTraceId, b3_trace_id(context));
      headers.set(kSpanId, hex(context.span));
      headers.set(kSampled, context.sampled ? "1" : "0");
      headers.remove(kParentSpanId);  // it would be another's
      break;
  }
}

void write_trace(Headers& headers, const TraceContext& context, Propagation format, std::string_view tracestate) {
  rewrite_span(headers, context, format);
  std::string state = others_in(tracestate);
  if (context.sampled) {
    const std::string ours = std::string(kOurEntry) + hex(context.path);
    state = state.empty() ? ours : ours + ',' + state;
  }
  if (!state.empty()) headers.set(kTracestate, state);
}

}  // namespace meshtwin
