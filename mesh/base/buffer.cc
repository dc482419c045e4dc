#include "mesh/base/buffer.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace meshtwin {

Buffer::Buffer(Buffer&& other) noexcept
    : head_(std::move(other.head_)),
      tail_(std::move(other.tail_)),
      tail_begin_(std::exchange(other.tail_begin_, 0)),
      size_(std::exchange(other.size_, 0)) {
  other.head_ = {};
  other.tail_.clear();
}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this == &other) return *this;
  head_ = std::exchange(other.head_, {});
  tail_ = std::move(other.tail_);
  other.tail_.clear();
  tail_begin_ = std::exchange(other.tail_begin_, 0);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

void Buffer::push(Slice&& slice) {
  if (slice.length == 0) return;
  const bool was_empty = size_ == 0;
  size_ += slice.length;
  if (was_empty) {
    head_ = std::move(slice);
  } else {
    tail_.push_back(std::move(slice));
  }
}

void Buffer::pop_front() {
  size_ -= head_.length;
  if (tail_begin_ == tail_.size()) {
    head_ = {};
    return;
  }
  head_ = std::move(tail_[tail_begin_++]);
  if (tail_begin_ == tail_.size()) {
    tail_.clear();
    tail_begin_ = 0;
  } else if (tail_begin_ >= 64 && tail_begin_ * 2 >= tail_.size()) {
    tail_.erase(tail_.begin(), tail_.begin() + static_cast<std::ptrdiff_t>(tail_begin_));
    tail_begin_ = 0;
  }
}

void Buffer::append(std::string_view bytes) {
  if (!bytes.empty()) append(std::string(bytes));
}

void Buffer::append(std::string&& bytes) {
  const std::size_t length = bytes.size();
  push({std::make_shared<const std::string>(std::move(bytes)), 0, length, nullptr});
}

void Buffer::append(std::shared_ptr<const std::string> block, std::size_t offset, std::size_t length) {
  assert(block != nullptr && offset + length <= block->size());
  push({std::move(block), offset, length, nullptr});
}

void Buffer::append_virtual(std::size_t length, std::unique_ptr<Message> message) {
  assert(length > 0);
  push({nullptr, 0, length, std::move(message)});
}

void Buffer::append(Buffer&& other) {
  while (!other.empty()) {
    Slice slice = std::move(other.head_);
    other.head_.length = slice.length;  // pop_front counts it
    other.pop_front();
    push(std::move(slice));
  }
}

std::string_view Buffer::front_bytes() const {
  assert(!empty() && !front_is_virtual());
  return std::string_view(*head_.block).substr(head_.offset, head_.length);
}

void Buffer::drop(std::size_t n) {
  assert(n <= size_);
  while (n > 0) {
    if (n >= head_.length) {
      n -= head_.length;
      pop_front();
    } else {
      head_.offset += n;
      head_.length -= n;
      size_ -= n;
      n = 0;
    }
  }
}

Buffer Buffer::take(std::size_t n) {
  assert(n <= size_);
  if (n == size_) return std::move(*this);
  Buffer front;
  while (n > 0) {
    if (n >= head_.length) {
      n -= head_.length;
      Slice slice = std::move(head_);
      head_.length = slice.length;
      pop_front();
      front.push(std::move(slice));
    } else {
      front.push({head_.block, head_.offset, n, nullptr});
      drop(n);
      n = 0;
    }
  }
  return front;
}

std::unique_ptr<Message> Buffer::take_front_message() {
  assert(!empty());
  std::unique_ptr<Message> message = std::move(head_.message);
  pop_front();
  return message;
}

Buffer Buffer::share(std::size_t offset, std::size_t length) const {
  assert(offset + length <= size_);
  Buffer shared;
  const auto add = [&](const Slice& slice) {
    if (offset >= slice.length) {
      offset -= slice.length;
      return;
    }
    const std::size_t taken = std::min(slice.length - offset, length);
    shared.push({slice.block, slice.offset + offset, taken, nullptr});
    length -= taken;
    offset = 0;
  };
  if (length > 0) add(head_);
  for (std::size_t i = tail_begin_; i < tail_.size() && length > 0; ++i) add(tail_[i]);
  return shared;
}

void Buffer::clear() { *this = Buffer(); }

std::string Buffer::to_string() const {
  std::string text;
  text.reserve(size_);
  const auto add = [&text](const Slice& slice) {
    if (slice.block != nullptr) {
      text.append(*slice.block, slice.offset, slice.length);
    } else {
      text.append(slice.length, '\0');
    }
  };
  if (size_ > 0) add(head_);
  for (std::size_t i = tail_begin_; i < tail_.size(); ++i) add(tail_[i]);
  return text;
}

}  // namespace meshtwin
