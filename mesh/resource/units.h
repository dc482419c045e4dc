#pragma once

// Quantities with their units, as scenario files and Istio documents write them: read exactly (in integers, or as the
// nearest double of the decimal that is written) and refused with the reason when they are not what they should be.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mesh/base/time.h"

namespace meshtwin {

template <typename T>
struct Parsed {
  std::optional<T> value;
  std::string why;  // when there is no value: what is wrong with the text, as a clause: `it has no unit`
};

Parsed<Duration> parse_time(std::string_view text);           // 10ns 5us 250ms 1.5s 2m 1h
Parsed<Duration> parse_go_duration(std::string_view text);    // likewise, and 1h2m3.5s
Parsed<double> parse_rate(std::string_view text);             // 200/s 90/m -> a second
Parsed<std::int64_t> parse_size(std::string_view text);       // 10B 1KB 1KiB 2MB 1MiB 1GB 1GiB -> bytes
Parsed<std::int64_t> parse_bandwidth(std::string_view text);  // 1bit 64kbit 10Mbit 1Gbit -> bits a second
Parsed<double> parse_share(std::string_view text);            // 99.5% -> 0.995
Parsed<std::int64_t> parse_integer(std::string_view text);    // optional sign, decimal digits
Parsed<double> parse_number(std::string_view text);           // 0.4, no exponent

// The shortest text that reads back as the same value.
std::string format_time(Duration value);
std::string format_rate(double per_second);
std::string format_size(std::int64_t bytes);
std::string format_bandwidth(std::int64_t bits_per_second);
std::string format_share(double share);

}  // namespace meshtwin
