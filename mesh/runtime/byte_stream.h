#pragma once

// One TCP connection as its owner sees it, with the parts that decide how systems behave: half-close, reset,
// back-pressure. Nothing is buffered here beyond what the kernel (or its model) holds: `write` takes what there is room
// for, and a reader that stops reading makes the other side's writes stop.
//
// Callbacks come one at a time and never from inside a call made on the same stream. A stream may be destroyed at any
// moment, also inside its own callback; no callback follows. Destroying it is close(2): what was written is still
// delivered, followed by an end, or by a reset when received bytes were left unread.

#include "mesh/base/buffer.h"
#include "mesh/base/function.h"

namespace meshtwin {

enum class ReadEvent {
  data,   // `data` holds at least one byte and belongs to the callback
  end,    // the other side has ended its direction; no more data follows, writing may go on
  reset,  // the connection is gone (reset by the peer, or given up after too many retransmissions); the last callback
};

using ReadHandler = Function<void(ReadEvent event, Buffer& data)>;

class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // Takes bytes from the front of `data`, as many as there is room for; the rest stays. On a connection that is gone,
  // takes and discards everything (the reset comes by on_read).
  virtual void write(Buffer& data) = 0;
  // Delivers what arrives from now on, beginning with what already has. An empty handler pauses reading (the initial
  // state).
  virtual void on_read(ReadHandler handler) = 0;
  // Calls back once, when there is room again after a write that left something.
  virtual void on_writable(Callback then) = 0;
  // Ends this direction after what was written.
  virtual void shutdown_write() = 0;
  // Resets the connection: neither side gets another byte.
  virtual void abort() = 0;
};

}  // namespace meshtwin
