#pragma once

// A first-in-first-out queue in one growing block: what mailboxes and acknowledgements wait in. The first kInline items
// lie in the object, beside what is read with them; nothing is allocated until there are more, and never again while it
// stays small.

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace meshtwin {

template <typename T, std::uint32_t kInline = 0>
class Ring {
  static_assert((kInline & (kInline - 1)) == 0);

 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  T& front() { return (*this)[0]; }
  const T& front() const {
    assert(size_ > 0);
    return items()[begin_];
  }
  T& back() { return (*this)[size_ - 1]; }
  T& operator[](std::size_t i) {
    assert(i < size_);
    return items()[(begin_ + i) & (capacity_ - 1)];
  }

  void push_back(T item) {
    if (size_ == capacity_) grow();
    items()[(begin_ + size_++) & (capacity_ - 1)] = std::move(item);
  }
  void push_front(T item) {
    if (size_ == capacity_) grow();
    begin_ = (begin_ - 1) & (capacity_ - 1);
    ++size_;
    items()[begin_] = std::move(item);
  }
  T pop_front() {
    assert(size_ > 0);
    T item = std::move(items()[begin_]);
    begin_ = (begin_ + 1) & (capacity_ - 1);
    --size_;
    return item;
  }
  void clear() {
    while (!empty()) pop_front();
  }

 private:
  void grow() {
    const std::uint32_t capacity = capacity_ < 4 ? 4 : 2 * capacity_;
    auto larger = std::make_unique<T[]>(capacity);
    for (std::uint32_t i = 0; i < size_; ++i) larger[i] = std::move((*this)[i]);
    heap_ = std::move(larger);
    capacity_ = capacity;
    begin_ = 0;
  }

  T* items() { return heap_ != nullptr ? heap_.get() : inline_.data(); }
  const T* items() const { return heap_ != nullptr ? heap_.get() : inline_.data(); }

  std::unique_ptr<T[]> heap_;
  std::uint32_t capacity_ = kInline;  // a power of two, or none
  std::uint32_t begin_ = 0;
  std::uint32_t size_ = 0;
  [[no_unique_address]] std::array<T, kInline> inline_{};
};

}  // namespace meshtwin
