#pragma once

// Carries xDS messages over a framed stream, encoded or, on the modelled wire, as objects that take up as many bytes as
// their encoding would. Either end of a stream uses one; what the other end sends is checked.

#include <memory>
#include <string>

#include "mesh/control/framed_stream.h"
#include "mesh/control/xds_messages.h"

namespace meshtwin {

class XdsTransport {
 public:
  enum class Receives { requests, responses };

  // The handlers may destroy the transport.
  struct Handlers {
    Function<void(XdsMessage message)> on_message;
    Function<void(const std::string& reason)> on_broken;  // once; nothing follows
    Callback on_drained;  // everything sent so far has left, after a time when it had not
  };

  XdsTransport(std::unique_ptr<ByteStream> stream, Receives receives, bool modelled, Handlers handlers);

  void send(XdsMessage message);
  bool drained() const { return frames_.drained(); }

 private:
  FramedStream::Refusal take_object(std::unique_ptr<Message> message);
  FramedStream::Refusal take_bytes(std::string_view bytes);

  Receives receives_;
  bool modelled_;
  Function<void(XdsMessage message)> on_message_;
  FramedStream frames_;
};

}  // namespace meshtwin
