#pragma once

// Time in both worlds: signed nanoseconds since the run's start. Moments before the load begins (start-up, the first
// configuration pushes) are negative.

#include <cstdint>

namespace meshtwin {

using Time = std::int64_t;
using Duration = std::int64_t;

inline constexpr Duration kNanosecond = 1;
inline constexpr Duration kMicrosecond = 1'000;
inline constexpr Duration kMillisecond = 1'000'000;
inline constexpr Duration kSecond = 1'000'000'000;

}  // namespace meshtwin
