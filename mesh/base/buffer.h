#pragma once

// What a byte stream carries: a chain of slices, each either real bytes or *virtual* bytes, which have a length but no
// content. A modelled codec sends virtual bytes with its message object riding on the last of them: whoever passes the
// bytes on moves the object along, and it comes out when its last byte is read. So an L4 proxy moves either kind
// without knowing.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meshtwin {

// An object that travels in place of bytes.
class Message {
 public:
  virtual ~Message() = default;
};

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::string_view bytes) { append(bytes); }
  Buffer(Buffer&& other) noexcept
      : head_(std::exchange(other.head_, {})), tail_(std::move(other.tail_)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    if (this == &other) return *this;
    head_ = std::exchange(other.head_, {});
    tail_ = std::move(other.tail_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void append(std::string_view bytes);                                                            // copies
  void append(std::string&& bytes);                                                               // takes
  void append(std::shared_ptr<const std::string> block, std::size_t offset, std::size_t length);  // shares
  void append_virtual(std::size_t length, std::unique_ptr<Message> message = nullptr);            // length > 0
  void append(Buffer&& other);

  // The first slice. Only when not empty.
  bool front_is_virtual() const { return head_.block == nullptr; }
  std::size_t front_size() const { return head_.length; }
  std::string_view front_bytes() const;  // of a real slice
  bool front_has_message() const { return head_.message != nullptr; }
  // The first message that rides on it, which stays there; null: none.
  const Message* first_message() const;

  // Removes the first n bytes. A message on a slice leaves with the slice's last byte.
  void drop(std::size_t n);
  Buffer take(std::size_t n);
  // Removes the first slice whole and returns its message (null when it has none).
  std::unique_ptr<Message> take_front_message();
  // Another buffer of `length` of these bytes, sharing the real ones. Messages stay here: theirs are left out.
  Buffer share(std::size_t offset, std::size_t length) const;
  void clear();

  // All real bytes as one text (virtual bytes become '\0'); for tests and small control messages.
  std::string to_string() const;

 private:
  struct Slice {
    std::shared_ptr<const std::string> block;  // null: virtual
    std::size_t offset = 0;
    std::size_t length = 0;
    std::unique_ptr<Message> message;
  };

  void push(Slice&& slice);
  void pop_front();

  struct Tail {
    std::vector<Slice> slices;
    std::size_t begin = 0;
  };

  // Nearly every buffer of the modelled wire holds one slice, so the first lives in the object, and the others behind a
  // pointer: connections hold many buffers, which shall be small and quick to move.
  Slice head_;
  std::unique_ptr<Tail> tail_;  // null: never had a second slice
  std::size_t size_ = 0;
};

}  // namespace meshtwin
