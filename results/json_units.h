#pragma once

// Durations as JSON numbers in the unit a key names. Nanoseconds divided by a power of ten are written with the fewest
// digits that read back as the same number, so nothing is lost for runs up to a hundred days.

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "mesh/base/time.h"

namespace meshtwin {

using Json = nlohmann::ordered_json;

inline double in_seconds(Duration duration) {
  return static_cast<double>(duration) / 1e9;
}
inline double in_ms(Duration duration) {
  return static_cast<double>(duration) / 1e6;
}
inline double in_us(Duration duration) {
  return static_cast<double>(duration) / 1e3;
}
inline double rounded(double value, double steps) {
  return std::round(value * steps) / steps;
}

template <typename Unit>
Json or_null(const std::optional<Duration>& duration, Unit unit) {
  return duration ? Json(unit(*duration)) : Json(nullptr);
}

// Text that is not UTF-8 (a name passed on from outside) is written with replacement characters.
inline std::string dump(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace meshtwin
