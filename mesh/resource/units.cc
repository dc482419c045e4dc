#include "mesh/resource/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

namespace meshtwin {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<Unit, 6> kTimes = {{{"h", 3600 * kSecond},
                                         {"m", 60 * kSecond},
                                         {"s", kSecond},
                                         {"ms", kMillisecond},
                                         {"us", kMicrosecond},
                                         {"ns", 1}}};
constexpr std::array<Unit, 7> kSizes = {{{"GB", 1'000'000'000},
                                         {"GiB", 1 << 30},
                                         {"MB", 1'000'000},
                                         {"MiB", 1 << 20},
                                         {"KB", 1000},
                                         {"KiB", 1 << 10},
                                         {"B", 1}}};
constexpr std::array<Unit, 4> kBandwidths = {
    {{"Gbit", 1'000'000'000}, {"Mbit", 1'000'000}, {"kbit", 1000}, {"bit", 1}}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The decimal that a text begins with, without its sign: value = digits / 10^scale.
struct Decimal {
  std::uint64_t digits = 0;
  int scale = 0;
  std::size_t length = 0;  // characters read; 0: no decimal
  bool too_long = false;
};

Decimal read_decimal(std::string_view text) {
  Decimal decimal;
  bool fraction = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '.' && !fraction && at > 0 && at + 1 < text.size() && is_digit(text[at + 1])) {
      fraction = true;
      continue;
    }
    if (!is_digit(text[at])) break;
    if (decimal.digits > 99'999'999'999'999'999) decimal.too_long = true;  // 18 digits are held, no more
    if (decimal.too_long) continue;
    decimal.digits = decimal.digits * 10 + static_cast<std::uint64_t>(text[at] - '0');
    decimal.scale += fraction ? 1 : 0;
  }
  decimal.length = at;
  return decimal;
}

std::string names_of(std::span<const Unit> units) {
  std::string names;
  for (auto unit = units.rbegin(); unit != units.rend(); ++unit) {
    if (!names.empty()) names += std::next(unit) == units.rend() ? " or " : ", ";
    names += unit->name;
  }
  return names;
}

template <typename T>
Parsed<T> refused(std::string why) {
  return {std::nullopt, std::move(why)};
}

Parsed<std::int64_t> scaled(const Decimal& decimal, const Unit& unit, std::string_view smallest) {
  if (decimal.too_long) return refused<std::int64_t>("it has more than 18 digits");
  __int128 value = static_cast<__int128>(decimal.digits) * unit.factor;
  for (int i = 0; i < decimal.scale; ++i) {
    if (value % 10 != 0) return refused<std::int64_t>("it is finer than 1" + std::string(smallest));
    value /= 10;
  }
  if (value > std::numeric_limits<std::int64_t>::max()) return refused<std::int64_t>("it is too large");
  return {static_cast<std::int64_t>(value), {}};
}

Parsed<std::int64_t> parse_quantity(std::string_view text, std::span<const Unit> units) {
  const Decimal decimal = read_decimal(text);
  if (decimal.length == 0) {
    const bool negative = text.size() > 1 && text[0] == '-' && is_digit(text[1]);
    return refused<std::int64_t>(negative ? "it is negative" : "it does not begin with a number");
  }
  const std::string_view name = text.substr(decimal.length);
  if (name.empty()) return refused<std::int64_t>("it has no unit (" + names_of(units) + ")");
  for (const Unit& unit : units)
    if (unit.name == name) return scaled(decimal, unit, units.back().name);
  return refused<std::int64_t>("its unit is none of " + names_of(units));
}

// The double nearest to digits * 10^(exponent - scale), which one multiplication in binary would miss.
double to_double(const Decimal& decimal, int exponent) {
  const std::string text = std::to_string(decimal.digits) + "e" + std::to_string(exponent - decimal.scale);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Parsed<double> parse_real(std::string_view text, std::string_view unit, int exponent) {
  const Decimal decimal = read_decimal(text);
  if (decimal.length == 0) {
    const bool negative = text.size() > 1 && text[0] == '-' && is_digit(text[1]);
    return refused<double>(negative ? "it is negative" : "it does not begin with a number");
  }
  const std::string_view rest = text.substr(decimal.length);
  if (rest != unit) {
    if (rest.empty()) return refused<double>("it has no unit (" + std::string(unit) + ")");
    return refused<double>(unit.empty() ? "it is no plain number" : "its unit is not " + std::string(unit));
  }
  if (decimal.too_long) return refused<double>("it has more than 18 digits");
  return {to_double(decimal, exponent), {}};
}

std::string format_quantity(std::int64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units)
    if (value != 0 && value % unit.factor == 0) return std::to_string(value / unit.factor) + std::string(unit.name);
  return std::to_string(value) + std::string(units.back().name);
}

std::string format_real(double value) {
  char text[400];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed).ptr;
  return {text, end};
}

}  // namespace

Parsed<Duration> parse_time(std::string_view text) {
  return parse_quantity(text, kTimes);
}

Parsed<Duration> parse_go_duration(std::string_view text) {
  Duration sum = 0;
  std::string_view rest = text;
  do {
    std::size_t end = read_decimal(rest).length;
    while (end > 0 && end < rest.size() && !is_digit(rest[end])) ++end;
    const Parsed<Duration> part = parse_quantity(rest.substr(0, end == 0 ? rest.size() : end), kTimes);
    if (!part.value) return part;
    if (__builtin_add_overflow(sum, *part.value, &sum)) return refused<Duration>("it is too large");
    rest.remove_prefix(end);
  } while (!rest.empty());
  return {sum, {}};
}

Parsed<double> parse_rate(std::string_view text) {
  if (text.ends_with("/m")) {
    Parsed<double> rate = parse_real(text, "/m", 0);
    if (rate.value) rate.value = *rate.value / 60;
    return rate;
  }
  Parsed<double> rate = parse_real(text, "/s", 0);
  if (rate.why.starts_with("it has no unit")) rate.why = "it has no unit (/s or /m)";
  if (rate.why.starts_with("its unit")) rate.why = "its unit is neither /s nor /m";
  return rate;
}

Parsed<std::int64_t> parse_size(std::string_view text) {
  return parse_quantity(text, kSizes);
}
Parsed<std::int64_t> parse_bandwidth(std::string_view text) {
  return parse_quantity(text, kBandwidths);
}
Parsed<double> parse_share(std::string_view text) {
  return parse_real(text, "%", -2);
}
Parsed<double> parse_number(std::string_view text) {
  return parse_real(text, "", 0);
}

Parsed<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return refused<std::int64_t>("it is too large");
  if (error != std::errc() || end != text.data() + text.size()) return refused<std::int64_t>("it is no whole number");
  return {value, {}};
}

std::string format_time(Duration value) {
  return value == 0 ? "0s" : format_quantity(value, kTimes);
}
std::string format_rate(double per_second) {
  return format_real(per_second) + "/s";
}
std::string format_size(std::int64_t bytes) {
  return format_quantity(bytes, kSizes);
}
std::string format_bandwidth(std::int64_t bits_per_second) {
  return format_quantity(bits_per_second, kBandwidths);
}

std::string format_share(double share) {
  // Fewest decimals of the percentage that still read back as this share.
  for (int decimals = 0; decimals < 17; ++decimals) {
    char text[400];
    const auto end = std::to_chars(text, text + sizeof text - 1, share * 100, std::chars_format::fixed, decimals).ptr;
    *end = '%';
    const std::string_view written(text, static_cast<std::size_t>(end - text) + 1);
    if (const auto back = parse_share(written).value; back && *back == share) return std::string(written);
  }
  return format_real(share * 100) + '%';
}

}  // namespace meshtwin
