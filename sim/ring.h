#pragma once

// A first-in-first-out queue in one growing block: what mailboxes and acknowledgements wait in. Nothing is allocated
// until it holds something, and never again while it stays small.

#include <cassert>
#include <cstddef>
#include <memory>
#include <utility>

namespace meshtwin {

template <typename T>
class Ring {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  T& front() { return (*this)[0]; }
  const T& front() const {
    assert(size_ > 0);
    return items_[begin_];
  }
  T& back() { return (*this)[size_ - 1]; }
  T& operator[](std::size_t i) {
    assert(i < size_);
    return items_[(begin_ + i) & (capacity_ - 1)];
  }

  void push_back(T item) {
    if (size_ == capacity_) grow();
    items_[(begin_ + size_++) & (capacity_ - 1)] = std::move(item);
  }
  void push_front(T item) {
    if (size_ == capacity_) grow();
    begin_ = (begin_ - 1) & (capacity_ - 1);
    ++size_;
    items_[begin_] = std::move(item);
  }
  T pop_front() {
    assert(size_ > 0);
    T item = std::move(items_[begin_]);
    begin_ = (begin_ + 1) & (capacity_ - 1);
    --size_;
    return item;
  }
  void clear() {
    while (!empty()) pop_front();
  }

 private:
  void grow() {
    const std::size_t capacity = capacity_ == 0 ? 4 : 2 * capacity_;
    auto items = std::make_unique<T[]>(capacity);
    for (std::size_t i = 0; i < size_; ++i) items[i] = std::move((*this)[i]);
    items_ = std::move(items);
    capacity_ = capacity;
    begin_ = 0;
  }

  std::unique_ptr<T[]> items_;
  std::size_t capacity_ = 0;  // a power of two
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
};

}  // namespace meshtwin
