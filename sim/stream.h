#pragma once

// A role's handle on its end of a simulated connection. Destroying it is close(2).

#include "mesh/runtime/byte_stream.h"
#include "sim/connection.h"

namespace meshtwin {

class SocketLayer;

class SimStream : public ByteStream {
 public:
  SimStream(SocketLayer& layer, Connection& connection, int side)
      : layer_(layer), connection_(connection), side_(side) {}
  SimStream(const SimStream&) = delete;
  SimStream& operator=(const SimStream&) = delete;
  ~SimStream() override;

  void write(Buffer& data) override;
  void on_read(ReadHandler handler) override;
  void on_writable(Callback then) override;
  void shutdown_write() override;
  void abort() override;

 private:
  End& end() { return connection_.ends[side_]; }

  SocketLayer& layer_;
  Connection& connection_;  // stays while one of its ends is open
  int side_;
};

}  // namespace meshtwin
