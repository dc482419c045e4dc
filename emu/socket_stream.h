#pragma once

// A connected TCP socket as a ByteStream. Nothing is kept here: bytes are read only when a handler wants them and
// written only as far as the kernel has room, so back-pressure is the kernel's own.

#include <memory>

#include "emu/event_loop.h"
#include "mesh/runtime/byte_stream.h"

namespace meshtwin {

class SocketStream : public ByteStream {
 public:
  SocketStream(EventLoop& loop, Fd connected);
  ~SocketStream() override;

  void write(Buffer& data) override;
  void on_read(ReadHandler handler) override;
  void on_writable(Callback then) override;
  void shutdown_write() override;
  void abort() override;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace meshtwin
