#pragma once

// Messages over a byte stream, framed as gRPC frames them: a flag byte, the length in four bytes, the message. On a
// modelled wire a message is an object that takes up as many bytes as its encoding would. What the other end sends is
// bounded in size.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "mesh/base/buffer.h"
#include "mesh/base/function.h"
#include "mesh/runtime/byte_stream.h"
#include "mesh/wire/lifetime.h"

namespace meshtwin {

class FramedStream {
 public:
  static constexpr std::size_t kPrefixSize = 5;
  static constexpr std::size_t kLargestMessage = 16 << 20;

  // A returned text says what is wrong with what came, and breaks the stream off. Any handler may destroy the stream.
  using Refusal = std::string;
  struct Handlers {
    Function<Refusal(std::string_view bytes)> on_bytes;
    Function<Refusal(std::unique_ptr<Message> message)> on_object;
    Function<void(const std::string& reason)> on_broken;  // once; nothing follows
    Callback on_drained;  // everything sent so far has left, after a time when it had not; may be empty
  };

  FramedStream(std::unique_ptr<ByteStream> stream, Handlers handlers);

  void send(const std::string& message);
  void send(std::size_t encoded_size, std::unique_ptr<Message> message);
  bool drained() const { return backlog_.empty(); }

 private:
  void flush();
  void on_read(ReadEvent event, Buffer& data);
  bool take_front(Buffer& data);  // false: this object is gone, or broken
  bool take_frames();
  bool judge(const Watch& watch, const Refusal& refusal);
  bool break_off(const std::string& reason);

  std::unique_ptr<ByteStream> stream_;
  Handlers handlers_;
  Buffer backlog_;
  std::string incoming_;  // the beginning of a frame
  bool waiting_ = false;  // for room in the stream
  Lifetime lifetime_;
};

}  // namespace meshtwin
