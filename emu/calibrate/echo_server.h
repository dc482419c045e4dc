#pragma once

// The answering side of the echoes: every connection's bytes come back, message by message.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "emu/link/fd.h"
#include "mesh/base/buffer.h"
#include "mesh/base/socket_address.h"
#include "mesh/runtime/byte_stream.h"

namespace meshtwin {

// Appends a message of that length; its bytes are shared, as those of a forwarded body are.
void append_message(Buffer& to, std::size_t bytes);

// Writes all of a message, going on when there is room.
class MessageWriter {
 public:
  void write(ByteStream& stream, std::size_t bytes);

 private:
  void flush(ByteStream& stream);
  Buffer pending_;
  bool waits_ = false;
};

// Never returns. Reports one byte when it listens; counts its reads where others can see them.
void serve_echoes(const Fd& report, SocketAddress at, std::size_t bytes, std::atomic<std::uint64_t>& reads);

}  // namespace meshtwin
