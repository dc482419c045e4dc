#include "mesh/base/buffer.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace meshtwin {

void Buffer::push(Slice&& slice) {
  if (slice.length == 0) return;
  const bool was_empty = size_ == 0;
  size_ += slice.length;
  if (was_empty) {
    head_ = std::move(slice);
    return;
  }
  if (tail_ == nullptr) tail_ = std::make_unique<Tail>();
  tail_->slices.push_back(std::move(slice));
}

void Buffer::pop_front() {
  size_ -= head_.length;
  if (size_ == 0) {
    head_ = {};
    return;
  }
  auto& [slices, begin] = *tail_;
  head_ = std::move(slices[begin++]);
  if (begin == slices.size()) {
    slices.clear();
    begin = 0;
  } else if (begin >= 64 && begin * 2 >= slices.size()) {
    slices.erase(slices.begin(), slices.begin() + static_cast<std::ptrdiff_t>(begin));
    begin = 0;
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

const Message* Buffer::first_message() const {
  if (empty()) return nullptr;
  if (head_.message != nullptr) return head_.message.get();
  if (tail_ == nullptr) return nullptr;
  for (std::size_t i = tail_->begin; i < tail_->slices.size(); ++i) {
    if (tail_->slices[i].message != nullptr) return tail_->slices[i].message.get();
  }
  return nullptr;
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
  if (tail_ == nullptr) return shared;
  for (std::size_t i = tail_->begin; i < tail_->slices.size() && length > 0; ++i) add(tail_->slices[i]);
  return shared;
}

void Buffer::clear() {
  *this = Buffer();
}

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
  if (tail_ == nullptr) return text;
  for (std::size_t i = tail_->begin; i < tail_->slices.size(); ++i) add(tail_->slices[i]);
  return text;
}

}  // namespace meshtwin
