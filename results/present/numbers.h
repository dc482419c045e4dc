#pragma once

// Figures as people read them: thousands grouped, signs of equal width, "-" where there is none.

#include <cstdint>
#include <optional>
#include <string>

#include "mesh/base/time.h"
#include "results/present/style.h"

namespace meshtwin {

std::string show_count(std::uint64_t count);                                             // 8,012
std::string show_difference(std::int64_t difference, const Style& style);                // +12, −3, 0
std::string show_fixed(std::optional<double> value, int decimals, const Style& style);   // 12.34
std::string show_signed(std::optional<double> value, int decimals, const Style& style);  // +12.34
std::string show_error(std::optional<double> relative, const Style& style);              // −3.6 %
std::string show_seconds(Duration duration);                                             // 12, 0.5
std::string show_interval(Time begin, Time end, const Style& style);                     // 12–26 s

// Decimals that give a latency of this size in milliseconds three to four significant digits.
int decimals_for_ms(Duration largest);
std::string show_ms(std::optional<Duration> duration, int decimals, const Style& style);

}  // namespace meshtwin
