#pragma once

// Objects by place that never move, in blocks of 64: finding one takes a small table that stays in the cache, where a
// deque of large objects has an entry for each.

#include <cstddef>
#include <memory>
#include <vector>

namespace meshtwin {

template <typename T>
class Pages {
 public:
  std::size_t size() const { return size_; }
  T& operator[](std::size_t place) { return blocks_[place / kBlock][place % kBlock]; }
  T& add() {
    if (size_ % kBlock == 0) blocks_.push_back(std::make_unique<T[]>(kBlock));
    return (*this)[size_++];
  }

 private:
  static constexpr std::size_t kBlock = 64;

  std::vector<std::unique_ptr<T[]>> blocks_;
  std::size_t size_ = 0;
};

}  // namespace meshtwin
