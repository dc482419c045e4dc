#include "mesh/base/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace meshtwin {

void Histogram::add(std::int64_t value, std::uint64_t count) {
  if (count == 0) return;
  value = std::max<std::int64_t>(value, 0);
  const auto v = static_cast<std::uint64_t>(value);
  // Row 0 holds 0..1023; row r >= 1 holds [2^(kBits+r-1), 2^(kBits+r)) in steps of 2^(r-1).
  const int row = std::max(0, static_cast<int>(std::bit_width(v)) - kBits);
  const std::uint64_t index = row == 0 ? v : (v >> (row - 1)) - (1u << kBits);
  auto& cells = rows_[static_cast<std::size_t>(row)];
  if (cells == nullptr) cells = std::make_unique<Row>();
  (*cells)[index] += count;
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = std::max(max_, value);
  count_ += count;
  sum_ += static_cast<double>(value) * static_cast<double>(count);
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (other.rows_[row] == nullptr) continue;
    if (rows_[row] == nullptr) rows_[row] = std::make_unique<Row>();
    for (std::size_t i = 0; i < rows_[row]->size(); ++i) (*rows_[row])[i] += (*other.rows_[row])[i];
  }
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  count_ += other.count_;
  sum_ += other.sum_;
}

double Histogram::mean() const {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::int64_t Histogram::quantile(double share) const {
  if (count_ == 0) return 0;
  const auto rank = std::max<std::uint64_t>(
      1, std::min(count_, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)))));
  std::uint64_t seen = 0;
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (rows_[row] == nullptr) continue;
    for (std::size_t i = 0; i < rows_[row]->size(); ++i) {
      seen += (*rows_[row])[i];
      if (seen < rank) continue;
      if (row == 0) return static_cast<std::int64_t>(i);
      const std::uint64_t low = ((1u << kBits) + i) << (row - 1);
      const std::uint64_t high = low + (1ULL << (row - 1)) - 1;
      return std::clamp(static_cast<std::int64_t>((low + high) / 2), min_, max_);
    }
  }
  return max_;
}

}  // namespace meshtwin
