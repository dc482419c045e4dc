#pragma once

// Carries xDS messages over a byte stream, framed as gRPC frames them: a flag byte, the length in four bytes, the
// message. On the modelled wire the same messages travel as objects that take up as many bytes as their encoding would.
// Either end of a stream uses one; what the other end sends is bounded in size and checked.

#include <cstdint>
#include <memory>
#include <string>

#include "mesh/base/buffer.h"
#include "mesh/base/function.h"
#include "mesh/control/xds_messages.h"
#include "mesh/runtime/byte_stream.h"
#include "mesh/wire/lifetime.h"

namespace meshtwin {

class XdsTransport {
 public:
  enum class Receives { requests, responses };
  static constexpr std::size_t kPrefixSize = 5;
  static constexpr std::size_t kLargestMessage = 16 << 20;

  // The handlers may destroy the transport.
  struct Handlers {
    Function<void(XdsMessage message)> on_message;
    Function<void(const std::string& reason)> on_broken;  // once; nothing follows
    Callback on_drained;  // everything sent so far has left, after a time when it had not
  };

  XdsTransport(std::unique_ptr<ByteStream> stream, Receives receives, bool modelled, Handlers handlers);

  void send(XdsMessage message);
  bool drained() const { return backlog_.empty(); }

 private:
  void flush();
  void on_read(ReadEvent event, Buffer& data);
  bool take_front(Buffer& data);  // false: this object is gone, or broken
  bool take_envelope(std::unique_ptr<Message> message);
  bool take_frames();
  bool deliver(XdsMessage message);
  bool break_off(const std::string& reason);
  bool decode_frame(std::string_view bytes);

  std::unique_ptr<ByteStream> stream_;
  Receives receives_;
  bool modelled_;
  Handlers handlers_;
  Buffer backlog_;
  std::string incoming_;  // the beginning of a frame
  bool waiting_ = false;  // for room in the stream
  Lifetime lifetime_;
};

}  // namespace meshtwin
