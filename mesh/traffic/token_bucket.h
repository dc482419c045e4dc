#pragma once

// A token bucket that is full at first and gets so many tokens at the end of each interval. The intervals count from
// the first request, so that two worlds whose proxies were configured at different instants fill alike.

#include <cstdint>

#include "mesh/base/time.h"

namespace meshtwin {

class TokenBucket {
 public:
  TokenBucket(std::uint32_t most, std::uint32_t per_fill, Duration interval)
      : most_(most), per_fill_(per_fill), interval_(interval), tokens_(most) {}

  bool take(Time now) {  // false: there is none
    if (!started_) {
      started_ = true;
      filled_ = now;
    }
    if (interval_ > 0 && now - filled_ >= interval_) {
      const std::int64_t fills = (now - filled_) / interval_;
      filled_ += fills * interval_;
      const std::int64_t missing = most_ - tokens_;
      tokens_ = fills > missing / per_fill_ ? most_ : tokens_ + static_cast<std::uint32_t>(fills * per_fill_);
    }
    if (tokens_ == 0) return false;
    --tokens_;
    return true;
  }

 private:
  const std::uint32_t most_;
  const std::uint32_t per_fill_;  // > 0
  const Duration interval_;
  std::uint32_t tokens_;
  bool started_ = false;
  Time filled_ = 0;
};

}  // namespace meshtwin
