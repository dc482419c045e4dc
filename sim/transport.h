#pragma once

// What carries connections between pods: the message-level model or ns-3's TCP/IP. The socket layer above keeps
// everything that both share (addresses, capture, listeners, streams, buffers); a transport only decides when bytes,
// ends and resets arrive. `at` is when something leaves: the cursor of the task that does it, at or after the queue's
// time. A transport answers by TransportUser, always from an event of its own, never from inside a call.

#include <cstddef>
#include <cstdint>

#include "mesh/base/time.h"
#include "mesh/runtime/network.h"
#include "sim/connection.h"

namespace meshtwin {

class TransportUser {
 public:
  virtual ~TransportUser() = default;
  virtual bool syn(Connection& connection) = 0;          // at the listening side: is somebody there?
  virtual void established(Connection& connection) = 0;  // at the dialling side
  virtual void accepted(Connection& connection) = 0;     // at the listening side
  virtual void dial_failed(Connection& connection, DialError error) = 0;
  virtual void arrived(Connection& connection, int side, std::size_t bytes) = 0;  // at `side`
  virtual void end_arrived(Connection& connection, int side) = 0;
  virtual void reset_arrived(Connection& connection, int side) = 0;
  virtual void room_made(Connection& connection, int side) = 0;  // asked for by End::blocked
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual void connect(Connection& connection, Time at) = 0;
  // How many more bytes `side` may write.
  virtual std::size_t room(Connection& connection, int side, Time at) = 0;
  // `bytes` more are at the end of `side`'s outgoing (0: only its fin_wanted is new).
  virtual void written(Connection& connection, int side, std::size_t bytes, Time at) = 0;
  virtual void read(Connection& connection, int side, std::size_t bytes, Time at) = 0;  // received got shorter
  virtual void reset(Connection& connection, int side, Time at) = 0;  // `side` tells the other that it is gone
  // The connection, or the wish for one, is over for both sides; its token finds nothing from now on.
  virtual void released(Connection& connection) = 0;
};

}  // namespace meshtwin
