#pragma once

// Latencies counted in buckets that are at most 0.1 % wide: values below 2048 are exact, above that each power of two
// has 1024 buckets. Memory is taken for the powers of two that occur.

#include <array>
#include <cstdint>
#include <memory>

namespace meshtwin {

class Histogram {
 public:
  void add(std::int64_t value, std::uint64_t count = 1);  // a negative value counts as 0
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::int64_t min() const { return count_ == 0 ? 0 : min_; }
  std::int64_t max() const { return max_; }
  double mean() const;
  // The smallest value v with at least share*count values <= v (nearest rank), within 0.1 %. share in [0, 1]; 0 when
  // empty.
  std::int64_t quantile(double share) const;

 private:
  static constexpr int kBits = 10;  // 1024 buckets a power of two
  static constexpr int kRows = 64 - kBits;
  using Row = std::array<std::uint64_t, 1 << kBits>;

  std::array<std::unique_ptr<Row>, kRows> rows_;
  std::uint64_t count_ = 0;
  std::int64_t min_ = 0;
  std::int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace meshtwin
