#include "results/present/numbers.h"

#include <fmt/format.h>

#include <cmath>

namespace meshtwin {
namespace {

std::string_view none(const Style& style) {
  return style.unicode ? "–" : "-";
}

std::string with_sign(std::string digits, bool negative, bool zero, const Style& style) {
  if (zero) return digits;
  if (negative) return std::string(style.unicode ? "−" : "-") + digits;
  return fmt::format("+{}", digits);
}

}  // namespace

std::string show_count(std::uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string show_difference(std::int64_t difference, const Style& style) {
  const bool negative = difference < 0;
  const auto magnitude = negative ? 0 - static_cast<std::uint64_t>(difference) : static_cast<std::uint64_t>(difference);
  return with_sign(show_count(magnitude), negative, difference == 0, style);
}

std::string show_fixed(std::optional<double> value, int decimals, const Style& style) {
  if (!value) return std::string(none(style));
  const std::string digits = fmt::format("{:.{}f}", std::abs(*value), decimals);
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  return *value < 0 && !zero ? with_sign(digits, true, false, style) : digits;
}

std::string show_signed(std::optional<double> value, int decimals, const Style& style) {
  if (!value) return std::string(none(style));
  const std::string digits = fmt::format("{:.{}f}", std::abs(*value), decimals);
  return with_sign(digits, *value < 0, digits.find_first_not_of("0.") == std::string::npos, style);
}

std::string show_error(std::optional<double> relative, const Style& style) {
  if (!relative) return std::string(none(style));
  if (*relative >= 9.995) return fmt::format("{:.1f} x", *relative + 1);
  return show_signed(*relative * 100, 1, style) + " %";
}

std::string show_seconds(Duration duration) {
  return fmt::format("{:g}", std::round(static_cast<double>(duration) / 1e6) / 1e3);
}

std::string show_interval(Time begin, Time end, const Style& style) {
  return fmt::format("{}{}{} s", show_seconds(begin), dash(style), show_seconds(end));
}

int decimals_for_ms(Duration largest) {
  if (largest < 10 * kMillisecond) return 3;
  if (largest < 1000 * kMillisecond) return 2;
  return 1;
}

std::string show_ms(std::optional<Duration> duration, int decimals, const Style& style) {
  return show_fixed(duration ? std::optional(static_cast<double>(*duration) / 1e6) : std::nullopt, decimals, style);
}

}  // namespace meshtwin
