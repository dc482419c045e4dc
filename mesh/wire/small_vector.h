#pragma once

// A growing array of plain values whose first N live in the object itself: a message head and its headers are then one
// block of memory, made and copied at the cost of a few hundred bytes moved.

#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

namespace meshtwin {

template <typename T, std::size_t N>
class SmallVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  SmallVector() = default;
  SmallVector(const SmallVector& other) { append(other.data(), other.size_); }
  SmallVector& operator=(const SmallVector& other) {
    if (this == &other) return *this;
    size_ = 0;
    append(other.data(), other.size_);
    return *this;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return heap_ == nullptr ? inline_ : heap_.get(); }
  const T* data() const { return heap_ == nullptr ? inline_ : heap_.get(); }
  T& operator[](std::size_t i) { return data()[i]; }
  const T& operator[](std::size_t i) const { return data()[i]; }
  T& back() { return data()[size_ - 1]; }

  void push_back(const T& value) { append(&value, 1); }
  void append(const T* values, std::size_t count) {
    if (count == 0) return;
    if (size_ + count > capacity_) grow(size_ + count);
    std::memcpy(data() + size_, values, count * sizeof(T));
    size_ += count;
  }
  void truncate(std::size_t size) {
    assert(size <= size_);
    size_ = size;
  }
  void erase(std::size_t i) {
    assert(i < size_);
    std::memmove(data() + i, data() + i + 1, (size_ - i - 1) * sizeof(T));
    --size_;
  }

 private:
  void grow(std::size_t needed) {
    std::size_t capacity = capacity_ * 2;
    if (capacity < needed) capacity = needed;
    std::unique_ptr<T[]> bigger(new T[capacity]);
    std::memcpy(bigger.get(), data(), size_ * sizeof(T));
    heap_ = std::move(bigger);
    capacity_ = capacity;
  }

  std::size_t size_ = 0;
  std::size_t capacity_ = N;
  std::unique_ptr<T[]> heap_;
  T inline_[N];
};

}  // namespace meshtwin
