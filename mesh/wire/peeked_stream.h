#pragma once

// Looks at what a client sends first without taking it away: what kind of protocol it speaks is known only then, and
// whoever is given the stream afterwards reads it from its first byte.

#include <memory>
#include <string>

#include "mesh/base/buffer.h"
#include "mesh/base/function.h"
#include "mesh/base/handle.h"
#include "mesh/base/time.h"
#include "mesh/runtime/byte_stream.h"
#include "mesh/runtime/runtime.h"

namespace meshtwin {

struct Peeked {
  std::unique_ptr<ByteStream> stream;  // null: it was reset, or ended before that
  bool tls = false;                    // a client that stays silent speaks no TLS
  std::string server_name = {};        // that it asks for, where that was looked for; empty: none
};
using PeekHandler = Function<void(Peeked peeked)>;

// Waits until the first bytes tell, at most so long (0: for ever). `then` is called once, never from inside; destroying
// the handle gives the stream up.
Handle peek(Runtime& runtime, std::unique_ptr<ByteStream> stream, Duration at_most, PeekHandler then);
// Likewise, and of a TLS client the whole of its first message.
Handle peek_server_name(Runtime& runtime, std::unique_ptr<ByteStream> stream, Duration at_most, PeekHandler then);

}  // namespace meshtwin
